//! The statements of the list, put together from fixed words; whatever was typed is a value.

use sqlx::QueryBuilder;

use super::{EventPlace, EventsQuery};
use crate::store::{
    engine::dialect::{Dialect, push_limit},
    events::select_events,
    lists::search::{Search, SearchIndex},
};

/// How the matches are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Along the index of the order.
    Walk,
    /// From the search index.
    Collect,
}

/// A question to the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub query: &'q EventsQuery,
    pub search: Option<&'q Search<'q>>,
    pub way: Way,
    pub after: Option<EventPlace>,
}

impl Statement<'_> {
    /// Some of the events.
    pub fn rows<DB: Dialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        match self.way {
            // The inner select needs no more of those that are passed over than the conditions ask for.
            Way::Walk => {
                sql.push(select_events!("(SELECT e.id FROM curfew_events e"));
                self.push_conditions(&mut sql);
                push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
                sql.push(") page ").push(DB::JOIN_AFTER).push(" curfew_events e ON e.id = page.id");
                push_order(&mut sql);
            }
            Way::Collect => {
                self.push_found(&mut sql);
                sql.push(select_events!("found "));
                sql.push(DB::JOIN_AFTER).push(" curfew_events e ON e.id = found.id");
                self.push_conditions(&mut sql);
                push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
            }
        }
        sql
    }

    /// How many events match, up to a limit.
    pub fn count<DB: Dialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        if self.way == Way::Collect {
            self.push_found(&mut sql);
        }
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        if self.way == Way::Collect {
            sql.push("found ").push(DB::JOIN_AFTER).push(" curfew_events e ON e.id = found.id");
        } else {
            sql.push("curfew_events e");
        }
        self.push_conditions(&mut sql);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_found<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let Some(search) = self.search {
            sql.push("WITH found AS MATERIALIZED (");
            DB::push_candidates(sql, SearchIndex::Events, search);
            sql.push(") ");
        }
    }

    fn push_conditions<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
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
        if let Some(EventPlace { at, id }) = self.after {
            // The first of the two says to the index where to begin.
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

fn push_order<DB: Dialect>(sql: &mut QueryBuilder<DB>) {
    sql.push(" ORDER BY e.at DESC, e.id DESC");
}
