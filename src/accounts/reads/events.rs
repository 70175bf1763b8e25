//! The events that pages show.

use std::cmp::Reverse;

use crate::{
    accounts::{Accounts, Result},
    domain::lists::{events_query::EventsQuery, users_query::PageNumber},
    store::{
        events::{EventRow, list_newest_acts_of, list_newest_events_of},
        lists::events::{EventsPage, list_events, list_events_after},
    },
};

/// At most this many failed attempts are on a user's page.
const ATTEMPTS: usize = 5;

impl Accounts {
    /// One page of the matching events, newest first.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_events(&self, query: &EventsQuery, page: PageNumber) -> Result<EventsPage> {
        Ok(list_events(&mut self.store.read().await?, query, page).await?)
    }

    /// The newest events, of everyone or about an account, newest first.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_newest_events(&self, user: Option<i64>, limit: i64) -> Result<Vec<EventRow>> {
        let query = EventsQuery { user, ..EventsQuery::default() };
        Ok(list_events_after(&mut self.store.read().await?, &query, None, limit).await?)
    }

    /// The newest events about an account, newest first: at most `limit`, and the newest failed attempts among them.
    ///
    /// Strangers can cause any number of attempts. So if there are any, at most five of them are listed, and
    /// `limit` events of other kinds: no attempt pushes what really happened out of the list.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_newest_events_of(&self, user_id: i64, limit: i64) -> Result<Vec<EventRow>> {
        let mut on = self.store.read().await?;
        let newest = list_newest_events_of(&mut on, user_id, limit).await?;
        if !newest.iter().any(EventRow::is_attempt) {
            return Ok(newest);
        }
        let mut events: Vec<_> = newest.into_iter().filter(EventRow::is_attempt).take(ATTEMPTS).collect();
        events.extend(list_newest_acts_of(&mut on, user_id, limit).await?);
        events.sort_unstable_by_key(|event| Reverse((event.at, event.id)));
        Ok(events)
    }
}
