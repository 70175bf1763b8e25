//! The SQL of the list of events.

use sqlx::QueryBuilder;

use super::{EventPosition, EventsQuery};
use crate::{
    domain::{address_key::Network, lists::events_query::EventSortKey},
    store::{
        events::select_events,
        lists::{
            search::{Search, SearchDialect, SearchIndex},
            searchable::{Plan, SearchableList},
        },
    },
};

/// How few enough matches are looked up, to sort them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// In the search index of the names.
    Search,
    /// In the index of one filter.
    Filter(Filter),
}

/// A filter with an index of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    User,
    Network,
    Browser,
    Kind,
    Period,
}

/// A query of the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub query: &'q EventsQuery,
    pub search: Option<&'q Search<'q>>,
    /// How the matches are looked up. `None`: by a scan in the order of the list.
    pub lookup: Option<Lookup>,
    pub after: Option<EventPosition>,
}

impl Statement<'_> {
    /// Counts the events that one filter alone leaves, up to a limit.
    pub fn count_of<DB: SearchDialect>(&self, filter: Filter, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (");
        self.push_ids_of(&mut sql, filter);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_ids_of<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>, filter: Filter) {
        sql.push("SELECT e.id FROM curfew_events e WHERE TRUE");
        self.push_filter(sql, filter);
    }

    fn push_filter<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>, filter: Filter) {
        let query = self.query;
        match filter {
            Filter::User => {
                if let Some(user) = query.user {
                    sql.push(" AND e.subject_id = ");
                    DB::bind_number(sql, user);
                }
            }
            Filter::Kind => {
                if let Some(kind) = query.kind {
                    sql.push(" AND e.kind = ");
                    DB::bind_text(sql, kind.code());
                }
            }
            Filter::Network => {
                if let Some(network) = &query.network {
                    // The index has the events of one address in the order of time.
                    let comparisons: &[(&str, _)] = if network.is_one_address() {
                        &[("=", network.first())]
                    } else {
                        &[(">=", network.first()), ("<=", network.last())]
                    };
                    for (comparison, key) in comparisons {
                        sql.push(format_args!(" AND e.address_key {comparison} "));
                        DB::bind_text(sql, key.as_str());
                    }
                }
            }
            Filter::Browser => {
                if let Some(browser) = &query.browser {
                    let (first, after) = browser.bounds();
                    sql.push(" AND e.browser_key >= ");
                    DB::bind_text(sql, first);
                    sql.push(" AND e.browser_key < ");
                    DB::bind_text(sql, &after);
                }
            }
            Filter::Period => {
                for (comparison, moment) in [(" AND e.at >= ", query.period.from), (" AND e.at <= ", query.period.to)] {
                    if let Some(moment) = moment {
                        sql.push(comparison);
                        DB::bind_moment(sql, moment);
                    }
                }
            }
        }
    }
}

impl SearchableList for Statement<'_> {
    const SELECT: &'static str = select_events!("");
    const TABLE: &'static str = "curfew_events e";
    const ID: &'static str = "e.id";
    const INDEX: SearchIndex = SearchIndex::Events;

    fn plan(&self) -> Plan {
        if self.lookup.is_some() { Plan::Lookup } else { Plan::Scan }
    }

    fn search(&self) -> Option<&Search<'_>> {
        self.search
    }

    fn push_candidates<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        match (self.lookup, self.search) {
            (Some(Lookup::Filter(filter)), _) => self.push_ids_of(sql, filter),
            (_, Some(search)) => DB::push_candidates(sql, Self::INDEX, search),
            (_, None) => _ = sql.push("SELECT e.id FROM curfew_events e"),
        }
    }

    fn scanned_index(&self) -> Option<&'static str> {
        let query = self.query;
        match query.sort.key {
            EventSortKey::Kind => Some("curfew_events_by_kind"),
            EventSortKey::Address => Some("curfew_events_by_address"),
            EventSortKey::Browser => Some("curfew_events_by_browser"),
            // The index of a filter by one value has the order of time too.
            EventSortKey::Time if query.user.is_some() || query.kind.is_some() => None,
            EventSortKey::Time if query.network.as_ref().is_some_and(Network::is_one_address) => None,
            EventSortKey::Time => Some("curfew_events_by_time"),
        }
    }

    fn push_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push(" WHERE TRUE");
        for filter in [Filter::Kind, Filter::User, Filter::Network, Filter::Browser, Filter::Period] {
            self.push_filter(sql, filter);
        }
        if let Some(EventPosition { at, id }) = self.after {
            // The first condition is implied by the second, but lets the index scan start there.
            sql.push(" AND e.at <= ");
            DB::bind_moment(sql, at);
            sql.push(" AND (e.at < ");
            DB::bind_moment(sql, at);
            sql.push(" OR e.id < ");
            DB::bind_number(sql, id);
            sql.push(")");
        }
        if let Some(search) = self.search {
            sql.push(" AND ");
            search.push_is_in_name(sql, SearchIndex::Events);
        }
    }

    fn push_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        let direction = if self.query.sort.descending { "DESC" } else { "ASC" };
        let first = match self.query.sort.key {
            EventSortKey::Time => None,
            EventSortKey::Kind => Some("kind"),
            EventSortKey::Address => Some("address_key"),
            EventSortKey::Browser => Some("browser_key"),
        };
        sql.push(" ORDER BY ");
        if let Some(first) = first {
            sql.push(format_args!("e.{first} {direction}, "));
        }
        sql.push(format_args!("e.at {direction}, e.id {direction}"));
    }
}
