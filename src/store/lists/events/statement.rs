//! Builds the SQL of the list from fixed fragments. User input is always bound as a value.

use sqlx::QueryBuilder;

use super::{EventPosition, EventsQuery};
use crate::store::{
    engine::dialect::push_limit,
    events::select_events,
    lists::search::{Search, SearchDialect, SearchIndex},
};

/// How the matches are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Scan an index in the order of the list.
    Scan,
    /// Look them up in the search index and sort them.
    Lookup,
}

/// A query of the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub query: &'q EventsQuery,
    pub search: Option<&'q Search<'q>>,
    pub plan: Plan,
    pub after: Option<EventPosition>,
}

impl Statement<'_> {
    /// Selects some of the matching events.
    pub fn rows<DB: SearchDialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        match self.plan {
            // For the rows that the offset skips, the inner select reads only the columns of the conditions.
            Plan::Scan => {
                sql.push(select_events!("(SELECT e.id FROM curfew_events e"));
                self.push_conditions(&mut sql);
                push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
                sql.push(") page ").push(DB::JOIN_IN_ORDER).push(" curfew_events e ON e.id = page.id");
                push_order(&mut sql);
            }
            Plan::Lookup => {
                self.push_found(&mut sql);
                sql.push(select_events!("found "));
                sql.push(DB::JOIN_IN_ORDER).push(" curfew_events e ON e.id = found.id");
                self.push_conditions(&mut sql);
                push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
            }
        }
        sql
    }

    /// Counts the events that match, up to a limit.
    pub fn count<DB: SearchDialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        if self.plan == Plan::Lookup {
            self.push_found(&mut sql);
        }
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        if self.plan == Plan::Lookup {
            sql.push("found ").push(DB::JOIN_IN_ORDER).push(" curfew_events e ON e.id = found.id");
        } else {
            sql.push("curfew_events e");
        }
        self.push_conditions(&mut sql);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_found<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let Some(search) = self.search {
            sql.push("WITH found AS MATERIALIZED (");
            DB::push_candidates(sql, SearchIndex::Events, search);
            sql.push(") ");
        }
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
}

fn push_order<DB: SearchDialect>(sql: &mut QueryBuilder<DB>) {
    sql.push(" ORDER BY e.at DESC, e.id DESC");
}
