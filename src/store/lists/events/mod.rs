//! The staff's list of events: any search, kind, period and page, also with a million events.
//!
//! Without a search a page is read off the index of its order: of the moment, of the kind, or of the
//! account. A page of a search is found as that of the users is: rare matches are *collected* from
//! the search index and sorted, common ones are met on a *walk* along the index of the order until
//! the page is full. Both read by the same conditions, so the choice decides over time only, never
//! over the answer.

mod statement;

use super::search::{Search, SearchIndex};
use crate::{
    domain::{
        lists::{users_filter::SearchText, users_query::PageNumber},
        moment::Moment,
        period::Period,
    },
    store::{
        Result, Sql,
        engine::{in_time, on_engine},
        events::{EventKind, EventRow},
    },
};
use statement::{Statement, Way};

/// The events on one page of the list.
pub const EVENTS_PER_PAGE: u32 = 25;
/// Up to this many events are counted one by one.
pub const COUNT_UP_TO: i64 = 10_000;
/// In a search, matches are counted up to here: beyond, counting would take longer than the page.
pub const COUNT_IN_A_SEARCH_UP_TO: i64 = 1_000;

/// Which events, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventsQuery {
    /// Part of the name of who acted, or of whom it was on, as a comparison key.
    pub search: Option<SearchText>,
    /// Only those of this kind.
    pub kind: Option<EventKind>,
    /// Only those on the account of this number.
    pub user: Option<i64>,
    /// Only those of these days.
    pub period: Period,
}

/// The place of an event in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    at: Moment,
    id: i64,
}

impl EventPlace {
    /// The place of that event.
    #[must_use]
    pub const fn of(event: &EventRow) -> Self {
        Self { at: event.at, id: event.id }
    }
}

/// One page of the list.
#[derive(Debug)]
pub struct EventsPage {
    /// The events on it, at most [`EVENTS_PER_PAGE`].
    pub events: Vec<EventRow>,
    /// How many match, on all pages.
    pub total: i64,
    /// Whether there are more than `total`.
    pub total_is_minimum: bool,
    /// Whether events follow after this page.
    pub has_next: bool,
}

/// One page of the events that match, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_events(on: &mut impl Sql, query: &EventsQuery, page: PageNumber) -> Result<EventsPage> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let way = choose_way(on, query, search.as_ref()).await?;
    let statement = Statement { query, search: search.as_ref(), way, after: None };
    // One more than is shown tells whether there is a next page.
    let (limit, offset) = (i64::from(EVENTS_PER_PAGE) + 1, page.offset(EVENTS_PER_PAGE));
    let mut events = read(on, &statement, limit, offset).await?;
    let has_next = events.len() > EVENTS_PER_PAGE as usize;
    events.truncate(EVENTS_PER_PAGE as usize);
    let up_to = if search.is_some() { COUNT_IN_A_SEARCH_UP_TO } else { COUNT_UP_TO };
    let counted: i64 = on_engine!(on, |c| in_time(statement.count(up_to + 1).build_query_scalar().fetch_one(c)).await)?;
    Ok(EventsPage { events, total: counted.min(up_to), total_is_minimum: counted > up_to, has_next })
}

/// At most so many of the events that match, from behind that place on: however long the list, each
/// part of it takes as long as the first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_events_after(
    on: &mut impl Sql,
    query: &EventsQuery,
    after: Option<EventPlace>,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let way = choose_way(on, query, search.as_ref()).await?;
    read(on, &Statement { query, search: search.as_ref(), way, after }, limit, 0).await
}

async fn read(on: &mut impl Sql, statement: &Statement<'_>, limit: i64, offset: i64) -> Result<Vec<EventRow>> {
    Ok(on_engine!(on, |c| in_time(statement.rows(limit, offset).build_query_as().fetch_all(c)).await)?)
}

/// Matches that are few are collected; the events of one account are few anyway.
async fn choose_way(on: &mut impl Sql, query: &EventsQuery, search: Option<&Search<'_>>) -> Result<Way> {
    match search {
        Some(search) if query.user.is_none() && search.is_rare(on, SearchIndex::Events).await? => Ok(Way::Collect),
        _ => Ok(Way::Walk),
    }
}
