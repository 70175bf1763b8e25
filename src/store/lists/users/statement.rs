//! The statements of the list, put together from fixed words; whatever was typed is a value.

use sqlx::QueryBuilder;

use super::filter::push_filter;
use crate::{
    domain::{
        lists::users_query::{SortKey, UsersQuery},
        moment::Moment,
    },
    store::{
        engine::dialect::{Dialect, push_limit},
        lists::search::{Search, SearchIndex},
    },
};

/// What the list shows of an account.
const COLUMNS: &str = "u.id, u.username, u.email, u.is_active, u.is_staff, u.is_superuser, u.deactivated_until, \
    u.force_logout_scheduled, u.date_joined, \
    u.last_login, u.last_seen";

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
    pub query: &'q UsersQuery,
    pub search: Option<&'q Search<'q>>,
    pub way: Way,
    pub now: Moment,
}

impl Statement<'_> {
    /// The accounts of one page.
    pub fn page<DB: Dialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        match self.way {
            // The inner select needs nothing that the order's index does not hold.
            Way::Walk => {
                sql.push("SELECT ").push(COLUMNS).push(" FROM (SELECT u.id FROM curfew_users u");
                push_filter(&mut sql, &self.query.filter, self.search, self.now);
                self.push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
                sql.push(") page ").push(DB::JOIN_AFTER).push(" curfew_users u ON u.id = page.id");
                self.push_order(&mut sql);
            }
            Way::Collect => {
                self.push_found(&mut sql);
                sql.push("SELECT ")
                    .push(COLUMNS)
                    .push(" FROM found ")
                    .push(DB::JOIN_AFTER)
                    .push(" curfew_users u ON u.id = found.id");
                push_filter(&mut sql, &self.query.filter, self.search, self.now);
                self.push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
            }
        }
        sql
    }

    /// How many accounts match, up to a limit.
    pub fn count<DB: Dialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        if self.way == Way::Collect {
            self.push_found(&mut sql);
        }
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        if self.way == Way::Collect {
            sql.push("found ").push(DB::JOIN_AFTER).push(" curfew_users u ON u.id = found.id");
        } else {
            sql.push("curfew_users u");
        }
        push_filter(&mut sql, &self.query.filter, self.search, self.now);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_found<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let Some(search) = self.search {
            sql.push("WITH found AS MATERIALIZED (");
            DB::push_candidates(sql, SearchIndex::Users, search);
            sql.push(") ");
        }
    }

    /// Whoever never logged in counts as the earliest, on both engines.
    fn push_order<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        let column = match self.query.sort.key {
            SortKey::Username => "username_key",
            SortKey::Email => "email_key",
            SortKey::DateJoined => "date_joined",
            SortKey::LastLogin => "last_login",
            SortKey::LastSeen => "last_seen",
        };
        let (direction, nulls) = if self.query.sort.descending { ("DESC", "LAST") } else { ("ASC", "FIRST") };
        sql.push(format_args!(" ORDER BY u.{column} {direction} NULLS {nulls}, u.id {direction}"));
    }
}
