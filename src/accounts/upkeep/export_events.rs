//! Exports all matching events, page by page.

use crate::{
    accounts::{Accounts, AccountsError, Actor, Result},
    domain::lists::events_query::EventsQuery,
    store::{
        events::EventRow,
        lists::events::{EventPosition, list_events_after},
    },
};

/// How many events one page has: little to hold in memory, and few queries for a million events.
const PART: i64 = 500;

impl Accounts {
    /// The next page of matching events after `place`. Empty at the end.
    ///
    /// The first page records the export as an event, and is not returned without it. The actor may be forced out during the export, so each page checks their rights again.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`], [`AccountsError::Forbidden`], or a database error.
    pub async fn export_events(
        &self,
        actor: &Actor,
        query: &EventsQuery,
        after: Option<EventPosition>,
    ) -> Result<Vec<EventRow>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        if !self.must_be_live(&mut on, actor, now).await?.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        let events = list_events_after(&mut on, query, after, PART).await?;
        if after.is_none() {
            drop(on);
            self.record_export(actor, query).await?;
        }
        Ok(events)
    }
}
