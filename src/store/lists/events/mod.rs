//! The staff list of events: search, filters, order and pages, fast with a million events.
//!
//! Each order of the list has an index. If a filter or the search leaves few events, these are looked up and sorted.
//! Otherwise the index of the order is scanned until the page is full. Both plans apply the same conditions: the choice
//! affects the speed, never the result.

mod statement;

use super::{
    search::{LOOKUP_LIMIT, Search, SearchIndex},
    searchable::SearchableList as _,
};
use crate::{
    domain::{
        address_key::Network,
        lists::{
            events_query::{EventSort, EventSortKey, EventsQuery},
            users_query::PageNumber,
        },
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{on_engine, with_timeout},
        events::EventRow,
    },
};
use statement::{Filter, Lookup, Statement};

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

/// One page of the matching events.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_events(on: &mut dyn Sql, query: &EventsQuery, page: PageNumber) -> Result<EventsPage> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let statement = choose_plan(on, query, search.as_ref(), None).await?;
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
    on: &mut dyn Sql,
    query: &EventsQuery,
    after: Option<EventPosition>,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let query = EventsQuery { sort: EventSort::default(), ..query.clone() };
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let statement = choose_plan(on, &query, search.as_ref(), after).await?;
    read(on, &statement, limit, 0).await
}

async fn read(on: &mut dyn Sql, statement: &Statement<'_>, limit: i64, offset: i64) -> Result<Vec<EventRow>> {
    Ok(on_engine!(on, |c| with_timeout(statement.rows(limit, offset).build_query_as().fetch_all(c)).await)?)
}

/// Looks up the matches if one of the filters leaves few events.
async fn choose_plan<'q>(
    on: &mut dyn Sql,
    query: &'q EventsQuery,
    search: Option<&'q Search<'q>>,
    after: Option<EventPosition>,
) -> Result<Statement<'q>> {
    let statement = Statement { query, search, lookup: None, after };
    let is_by_time = query.sort.key == EventSortKey::Time;
    // The events of one account are few. Their index has them in the order of time.
    if query.user.is_some() {
        let lookup = (!is_by_time).then_some(Lookup::Filter(Filter::User));
        return Ok(Statement { lookup, ..statement });
    }
    let is_one_address = query.network.as_ref().is_some_and(Network::is_one_address);
    let filters = [
        (query.network.is_some() && !(is_by_time && is_one_address), Filter::Network),
        (query.browser.is_some(), Filter::Browser),
        (query.kind.is_some() && !is_by_time && query.sort.key != EventSortKey::Kind, Filter::Kind),
        ((query.period.from.is_some() || query.period.to.is_some()) && !is_by_time, Filter::Period),
    ];
    for (_, filter) in filters.into_iter().filter(|(is_given, _)| *is_given) {
        let found: i64 = on_engine!(on, |c| {
            with_timeout(statement.count_of(filter, LOOKUP_LIMIT + 1).build_query_scalar().fetch_one(c)).await
        })?;
        if found <= LOOKUP_LIMIT {
            return Ok(Statement { lookup: Some(Lookup::Filter(filter)), ..statement });
        }
    }
    match search {
        Some(search) if search.is_rare(on, SearchIndex::Events).await? => {
            Ok(Statement { lookup: Some(Lookup::Search), ..statement })
        }
        _ => Ok(statement),
    }
}
