//! All events that match, part by part, for staff who take them away.

use crate::{
    accounts::{Accounts, AccountsError, Actor, Result},
    store::{
        events::EventRow,
        lists::events::{EventPlace, EventsQuery, list_events_after},
    },
};

/// How many events a part has: little to hold, and few questions for a million.
const PART: i64 = 500;

impl Accounts {
    /// The next of the events that match, from behind that place on; none when there are no more.
    ///
    /// Whoever takes them may be forced out while they do: each part asks again whether they still
    /// may.
    ///
    /// # Errors
    /// [`AccountsError::Ended`], [`AccountsError::Forbidden`], or a failure of the database.
    pub async fn export_events(
        &self,
        actor: &Actor,
        query: &EventsQuery,
        after: Option<EventPlace>,
    ) -> Result<Vec<EventRow>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        if !self.must_be_live(&mut on, actor, now).await?.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        Ok(list_events_after(&mut on, query, after, PART).await?)
    }
}
