//! The statements of the list, put together from fixed words; whatever was typed is a value.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        lists::sessions_query::SessionsShown,
        logins::{kind::LoginClass, live::LiveByRole},
        moment::Moment,
    },
    store::{
        engine::dialect::{Dialect, push_limit},
        lists::search::{Search, SearchIndex},
        logins::{COLUMNS, push_is_live_by_role, push_is_of_class},
    },
};

/// What is read of the account besides its login.
const OF_ACCOUNT: &str = "u.username, u.is_active, u.is_staff, u.is_superuser, u.deactivated_until, \
    u.force_logout_date, u.force_logout_cause, u.force_logout_scheduled";

/// How the matches are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Along the index of the logins, the newest first, down to that moment.
    Walk { since: Option<Moment> },
    /// By way of the accounts that the search index names.
    Collect,
}

/// A question to the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub class: LoginClass,
    /// The latest `LAST_LOGIN_DATE`.
    pub dated_up_to: Option<Moment>,
    pub shown: SessionsShown,
    pub search: Option<&'q Search<'q>>,
    pub live: &'q LiveByRole,
    pub way: Way,
}

impl Statement<'_> {
    /// When the login was made before which there are so many newer ones; matching or not.
    pub fn nth_newest<DB: Dialect>(&self, newer: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT l.login_date FROM curfew_logins l WHERE TRUE");
        push_is_of_class(&mut sql, self.class);
        self.push_may_be_live(&mut sql);
        push_order(&mut sql);
        push_limit(&mut sql, 1, newer);
        sql
    }

    /// The sessions of one page.
    pub fn page<DB: Dialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        // Those that are collected have to be read to the last one anyway, to be sorted.
        let collected = if self.way == Way::Collect { "COUNT(*) OVER ()" } else { "CAST(0 AS BIGINT)" };
        sql.push(format_args!("SELECT {COLUMNS}, {OF_ACCOUNT}, {collected} AS collected"));
        self.push_sources(&mut sql, false);
        push_order(&mut sql);
        push_limit(&mut sql, limit, offset);
        sql
    }

    /// How many sessions match, up to a limit.
    pub fn count<DB: Dialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        sql.push("SELECT COUNT(*) FROM (SELECT 1");
        self.push_sources(&mut sql, true);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_found<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let (Way::Collect, Some(search)) = (self.way, self.search) {
            sql.push("WITH found AS MATERIALIZED (");
            DB::push_candidates(sql, SearchIndex::Users, search);
            sql.push(") ");
        }
    }

    fn push_sources<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>, is_fenced: bool) {
        // A session whose account is deleted has no name to be found by, and is not live.
        let is_of_somebody = self.search.is_some() || self.shown == SessionsShown::Live;
        let join = if is_of_somebody { DB::JOIN_AFTER } else { "LEFT JOIN" };
        sql.push(" FROM ");
        match self.way {
            Way::Collect => {
                sql.push(format_args!(
                    "found {join} curfew_users u ON u.id = found.id {join} curfew_logins l ON l.user_id = u.id"
                ));
            }
            // The limit is none, but a fence: for the join alone Postgres would start workers, which
            // takes longer than the join.
            Way::Walk { .. } if is_fenced => {
                sql.push("(SELECT * FROM curfew_logins l WHERE TRUE");
                self.push_range(sql);
                sql.push(" LIMIT 9223372036854775807) l ").push(join).push(" curfew_users u ON u.id = l.user_id");
            }
            Way::Walk { .. } => {
                sql.push(format_args!("curfew_logins l {join} curfew_users u ON u.id = l.user_id"));
            }
        }
        sql.push(" WHERE TRUE");
        self.push_range(sql);
        if let Some(search) = self.search {
            sql.push(" AND ");
            search.push_is_in_name(sql, SearchIndex::Users);
        }
        if self.shown == SessionsShown::Live {
            self.push_is_live(sql);
        }
    }

    /// What can be said of a session without its account.
    fn push_range<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        push_is_of_class(sql, self.class);
        if let Way::Walk { since: Some(since) } = self.way {
            sql.push(" AND l.login_date >= ");
            DB::bind_moment(sql, since);
        }
        if let Some(up_to) = self.dated_up_to {
            sql.push(" AND l.login_date <= ");
            DB::bind_moment(sql, up_to);
        }
        self.push_may_be_live(sql);
    }

    /// What a live session has to be, in the words of the partial index.
    fn push_may_be_live<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        if self.shown == SessionsShown::Live {
            let LiveByRole { member, staff, .. } = self.live;
            let after = match self.class {
                LoginClass::Sessions => member.session_login().min(staff.session_login()),
                LoginClass::Tokens => member.login,
            };
            sql.push(" AND l.ended_at IS NULL AND l.reason IS NULL AND l.login_date > ");
            DB::bind_moment(sql, after);
        }
    }

    /// The one rule, turned around: what it lets pass.
    fn push_is_live<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push(" AND (u.is_active OR u.deactivated_until <= ");
        DB::bind_moment(sql, self.live.now);
        sql.push(")");
        push_is_live_by_role(sql, self.live);
    }
}

fn push_order<DB: Dialect>(sql: &mut QueryBuilder<DB>) {
    sql.push(" ORDER BY l.login_date DESC, l.id DESC");
}
