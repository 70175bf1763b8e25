//! The SQL of the list of events.

use sqlx::QueryBuilder;

use super::{EventPosition, EventsQuery};
use crate::store::{
    events::select_events,
    lists::{
        search::{Search, SearchDialect, SearchIndex},
        searchable::{Plan, SearchableList},
    },
};

/// A query of the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub query: &'q EventsQuery,
    pub search: Option<&'q Search<'q>>,
    pub plan: Plan,
    pub after: Option<EventPosition>,
}

impl SearchableList for Statement<'_> {
    const SELECT: &'static str = select_events!("");
    const TABLE: &'static str = "curfew_events e";
    const ID: &'static str = "e.id";
    const INDEX: SearchIndex = SearchIndex::Events;

    fn plan(&self) -> Plan {
        self.plan
    }

    fn search(&self) -> Option<&Search<'_>> {
        self.search
    }

    fn push_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push(" WHERE TRUE");
        if let Some(kind) = self.query.kind {
            sql.push(" AND e.kind = ");
            DB::bind_text(sql, kind.code());
        }
        if let Some(user) = self.query.user {
            sql.push(" AND e.subject_id = ");
            DB::bind_number(sql, user);
        }
        for (comparison, moment) in [(" AND e.at >= ", self.query.period.from), (" AND e.at <= ", self.query.period.to)]
        {
            if let Some(moment) = moment {
                sql.push(comparison);
                DB::bind_moment(sql, moment);
            }
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
        sql.push(" ORDER BY e.at DESC, e.id DESC");
    }
}
