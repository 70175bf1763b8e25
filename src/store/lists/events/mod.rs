//! The staff list of events: search, kind, period and pages, fast with a million events.
//!
//! Without a search, a page is read in order from the index by time, by kind or by account. A search uses one of the
//! two plans that `search.rs` describes.

mod statement;

use super::{
    search::{Search, SearchIndex},
    searchable::{Plan, SearchableList as _},
};
use crate::{
    domain::{
        lists::{events_query::EventsQuery, users_query::PageNumber},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{on_engine, with_timeout},
        events::EventRow,
    },
};
use statement::Statement;

/// The events on one page of the list.
pub const EVENTS_PER_PAGE: u32 = 25;
/// At most this many events are counted. A larger total is only a minimum.
pub const COUNT_UP_TO: i64 = 10_000;
/// The same limit for a search: counting further would take longer than reading the page.
pub const COUNT_IN_A_SEARCH_UP_TO: i64 = 1_000;

/// The position of an event in the list, to continue after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPosition {
    at: Moment,
    id: i64,
}

impl EventPosition {
    /// The position of an event.
    #[must_use]
    pub const fn of(event: &EventRow) -> Self {
        Self { at: event.at, id: event.id }
    }
}

/// One page of the list.
#[derive(Debug)]
pub struct EventsPage {
    /// The events on this page, at most [`EVENTS_PER_PAGE`].
    pub events: Vec<EventRow>,
    /// How many events match, on all pages.
    pub total: i64,
    /// Whether there are more than `total`.
    pub total_is_minimum: bool,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// One page of the matching events, newest first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_events(on: &mut impl Sql, query: &EventsQuery, page: PageNumber) -> Result<EventsPage> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let plan = choose_plan(on, query, search.as_ref()).await?;
    let statement = Statement { query, search: search.as_ref(), plan, after: None };
    // One extra row shows whether there is a next page.
    let (limit, offset) = (i64::from(EVENTS_PER_PAGE) + 1, page.offset(EVENTS_PER_PAGE));
    let mut events = read(on, &statement, limit, offset).await?;
    let has_next = events.len() > EVENTS_PER_PAGE as usize;
    events.truncate(EVENTS_PER_PAGE as usize);
    let up_to = if search.is_some() { COUNT_IN_A_SEARCH_UP_TO } else { COUNT_UP_TO };
    let counted: i64 =
        on_engine!(on, |c| with_timeout(statement.count(up_to + 1).build_query_scalar().fetch_one(c)).await)?;
    Ok(EventsPage { events, total: counted.min(up_to), total_is_minimum: counted > up_to, has_next })
}

/// At most `limit` of the matching events that follow `after`, newest first. Every batch takes as long as the first,
/// however long the list is.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_events_after(
    on: &mut impl Sql,
    query: &EventsQuery,
    after: Option<EventPosition>,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let plan = choose_plan(on, query, search.as_ref()).await?;
    read(on, &Statement { query, search: search.as_ref(), plan, after }, limit, 0).await
}

async fn read(on: &mut impl Sql, statement: &Statement<'_>, limit: i64, offset: i64) -> Result<Vec<EventRow>> {
    Ok(on_engine!(on, |c| with_timeout(statement.rows(limit, offset).build_query_as().fetch_all(c)).await)?)
}

/// Looks up rare matches. The events of one account are few enough to scan.
async fn choose_plan(on: &mut impl Sql, query: &EventsQuery, search: Option<&Search<'_>>) -> Result<Plan> {
    match search {
        Some(search) if query.user.is_none() && search.is_rare(on, SearchIndex::Events).await? => Ok(Plan::Lookup),
        _ => Ok(Plan::Scan),
    }
}
