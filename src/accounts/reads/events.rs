//! The events that pages show.

use crate::{
    accounts::{Accounts, Result},
    domain::lists::{events_query::EventsQuery, users_query::PageNumber},
    store::{
        events::{EventRow, list_newest_events_of},
        lists::events::{EventsPage, list_events},
    },
};

impl Accounts {
    /// One page of the matching events, newest first.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_events(&self, query: &EventsQuery, page: PageNumber) -> Result<EventsPage> {
        Ok(list_events(&mut self.store.read().await?, query, page).await?)
    }

    /// The newest events about an account, at most `limit`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_newest_events_of(&self, user_id: i64, limit: i64) -> Result<Vec<EventRow>> {
        Ok(list_newest_events_of(&mut self.store.read().await?, user_id, limit).await?)
    }
}
