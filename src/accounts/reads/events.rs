//! The events that pages show.

use std::cmp::Reverse;

use crate::{
    accounts::{Accounts, Result},
    domain::{
        lists::{events_query::EventsQuery, users_query::PageNumber},
        logins::public_id::PublicId,
        moment::Moment,
    },
    store::{
        events::{
            EventRow,
            chain::{LinkRow, read::find_link_of},
            find_event, find_newest_event_time, list_newest_acts_of, list_newest_events_of,
        },
        lists::events::{EventsPage, list_events, list_events_after},
        logins::{LoginRow, find_login},
    },
};

/// At most this many failed attempts are on a user's page.
const ATTEMPTS: usize = 5;

/// An event with what belongs to it.
#[derive(Debug)]
pub struct EventInFull {
    /// The event.
    pub event: EventRow,
    /// Its login. `None` if the event has none, or if the login was deleted since.
    pub login: Option<LoginRow>,
    /// Its link in the chain of events. `None` if it is not linked yet.
    pub link: Option<LinkRow>,
}

impl Accounts {
    /// An event with its login and its link in the chain, if it exists.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn find_event(&self, id: i64) -> Result<Option<EventInFull>> {
        let mut on = self.store.read().await?;
        let Some(event) = find_event(&mut on, id).await? else { return Ok(None) };
        let login = match event.session_id.clone().map(PublicId::from_stored) {
            Some(id) => find_login(&mut on, &id).await?,
            None => None,
        };
        let link = find_link_of(&mut on, event.id).await?;
        Ok(Some(EventInFull { event, login, link }))
    }

    /// When the newest event of the site happened, if there is one.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn find_newest_event_time(&self) -> Result<Option<Moment>> {
        Ok(find_newest_event_time(&mut self.store.read().await?).await?)
    }

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
