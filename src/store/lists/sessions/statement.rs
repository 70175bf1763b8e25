//! Builds the SQL of the list from fixed fragments. User input is always bound as a value.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        lists::sessions_query::SessionsShown,
        logins::{kind::LoginClass, live::LiveByRole},
        moment::Moment,
    },
    store::{
        engine::dialect::push_limit,
        lists::search::{Search, SearchDialect, SearchIndex},
        logins::{COLUMNS, push_is_live_by_role, push_is_of_class},
    },
};

/// The account's columns of a [`super::SiteSession`].
const ACCOUNT_COLUMNS: &str = "u.username, u.is_active, u.is_staff, u.is_superuser, u.deactivated_until, \
    u.force_logout_date, u.force_logout_cause, u.force_logout_scheduled";

/// How the matches are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Scan the index of the logins, newest first, down to the login date `since`.
    Scan { since: Option<Moment> },
    /// Look up the accounts in the search index, and take their logins.
    Lookup,
}

/// A query of the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub class: LoginClass,
    /// The latest `LAST_LOGIN_DATE`.
    pub dated_up_to: Option<Moment>,
    pub shown: SessionsShown,
    pub search: Option<&'q Search<'q>>,
    pub live: &'q LiveByRole,
    pub plan: Plan,
}

impl Statement<'_> {
    /// Selects the login date of the session that has `newer` newer ones, whether these match the search or not.
    pub fn nth_newest<DB: SearchDialect>(&self, newer: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT l.login_date FROM curfew_logins l WHERE TRUE");
        push_is_of_class(&mut sql, self.class);
        self.push_may_be_live(&mut sql);
        push_order(&mut sql);
        push_limit(&mut sql, 1, newer);
        sql
    }

    /// Selects the sessions of one page.
    pub fn page<DB: SearchDialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        // A lookup reads every match anyway, to sort them.
        let total_matches = if self.plan == Plan::Lookup { "COUNT(*) OVER ()" } else { "CAST(0 AS BIGINT)" };
        sql.push(format_args!("SELECT {COLUMNS}, {ACCOUNT_COLUMNS}, {total_matches} AS total_matches"));
        self.push_sources(&mut sql, false);
        push_order(&mut sql);
        push_limit(&mut sql, limit, offset);
        sql
    }

    /// Counts the sessions that match, up to a limit.
    pub fn count<DB: SearchDialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        sql.push("SELECT COUNT(*) FROM (SELECT 1");
        self.push_sources(&mut sql, true);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    fn push_found<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let (Plan::Lookup, Some(search)) = (self.plan, self.search) {
            sql.push("WITH found AS MATERIALIZED (");
            DB::push_candidates(sql, SearchIndex::Users, search);
            sql.push(") ");
        }
    }

    fn push_sources<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>, is_fenced: bool) {
        // A session of a deleted account has no name to search for, and is not live.
        let needs_account = self.search.is_some() || self.shown == SessionsShown::Live;
        let join = if needs_account { DB::JOIN_IN_ORDER } else { "LEFT JOIN" };
        sql.push(" FROM ");
        match self.plan {
            Plan::Lookup => {
                sql.push(format_args!(
                    "found {join} curfew_users u ON u.id = found.id {join} curfew_logins l ON l.user_id = u.id"
                ));
            }
            // The limit is an optimization fence. Without it Postgres starts parallel workers for the join, which
            // takes longer than the join itself.
            Plan::Scan { .. } if is_fenced => {
                sql.push("(SELECT * FROM curfew_logins l WHERE TRUE");
                self.push_range(sql);
                sql.push(" LIMIT 9223372036854775807) l ").push(join).push(" curfew_users u ON u.id = l.user_id");
            }
            Plan::Scan { .. } => {
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

    /// Adds the conditions that do not need the account.
    fn push_range<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        push_is_of_class(sql, self.class);
        if let Plan::Scan { since: Some(since) } = self.plan {
            sql.push(" AND l.login_date >= ");
            DB::bind_moment(sql, since);
        }
        if let Some(up_to) = self.dated_up_to {
            sql.push(" AND l.login_date <= ");
            DB::bind_moment(sql, up_to);
        }
        self.push_may_be_live(sql);
    }

    /// Adds conditions that every live session meets, worded as in the partial index.
    fn push_may_be_live<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
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

    /// Adds the rule as SQL: true for the logins that it accepts.
    fn push_is_live<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push(" AND (u.is_active OR u.deactivated_until <= ");
        DB::bind_moment(sql, self.live.now);
        sql.push(")");
        push_is_live_by_role(sql, self.live);
    }
}

fn push_order<DB: SearchDialect>(sql: &mut QueryBuilder<DB>) {
    sql.push(" ORDER BY l.login_date DESC, l.id DESC");
}
