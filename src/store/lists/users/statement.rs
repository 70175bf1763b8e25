//! Builds the SQL of the list from fixed fragments. User input is always bound as a value.

use sqlx::QueryBuilder;

use super::filter::push_filter;
use crate::{
    domain::{
        lists::users_query::{SortKey, UsersQuery},
        moment::Moment,
    },
    store::{
        engine::dialect::push_limit,
        lists::search::{Search, SearchDialect, SearchIndex},
    },
};

/// The columns of a [`super::ListedUser`].
const COLUMNS: &str = "u.id, u.username, u.email, u.is_active, u.is_staff, u.is_superuser, u.deactivated_until, \
    u.force_logout_scheduled, u.date_joined, \
    u.last_login, u.last_seen";

/// How the matches are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Scan the index of the sort order.
    Scan,
    /// Look them up in the search index and sort them.
    Lookup,
}

/// A query of the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub query: &'q UsersQuery,
    pub search: Option<&'q Search<'q>>,
    pub plan: Plan,
    pub now: Moment,
}

impl Statement<'_> {
    /// Selects the users of one page.
    pub fn page<DB: SearchDialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        match self.plan {
            // The inner select uses only columns that the index of the sort order holds.
            Plan::Scan => {
                sql.push("SELECT ").push(COLUMNS).push(" FROM (SELECT u.id FROM curfew_users u");
                push_filter(&mut sql, &self.query.filter, self.search, self.now);
                self.push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
                sql.push(") page ").push(DB::JOIN_IN_ORDER).push(" curfew_users u ON u.id = page.id");
                self.push_order(&mut sql);
            }
            Plan::Lookup => {
                self.push_found(&mut sql);
                sql.push("SELECT ")
                    .push(COLUMNS)
                    .push(" FROM found ")
                    .push(DB::JOIN_IN_ORDER)
                    .push(" curfew_users u ON u.id = found.id");
                push_filter(&mut sql, &self.query.filter, self.search, self.now);
                self.push_order(&mut sql);
                push_limit(&mut sql, limit, offset);
            }
        }
        sql
    }

    /// Counts the users that match, up to a limit.
    pub fn count<DB: SearchDialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        if self.plan == Plan::Lookup {
            self.push_found(&mut sql);
        }
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        if self.plan == Plan::Lookup {
            sql.push("found ").push(DB::JOIN_IN_ORDER).push(" curfew_users u ON u.id = found.id");
        } else {
            sql.push("curfew_users u");
        }
        push_filter(&mut sql, &self.query.filter, self.search, self.now);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_found<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let Some(search) = self.search {
            sql.push("WITH found AS MATERIALIZED (");
            DB::push_candidates(sql, SearchIndex::Users, search);
            sql.push(") ");
        }
    }

    /// Users who never logged in sort as the earliest, on both engines.
    fn push_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
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
