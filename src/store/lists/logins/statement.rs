//! Builds the SQL of the list from fixed fragments. User input is always bound as a value.

use sqlx::QueryBuilder;

use super::candidates::{Candidates, push_is_in_network, push_name_range};
use crate::{
    domain::{
        lists::{
            logins_filter::{LoginsFilter, LoginsShown},
            logins_query::{LoginsSort, LoginsSortKey},
        },
        logins::{live::LiveByRole, traits::DeviceName},
        period::Period,
    },
    store::{
        engine::dialect::push_limit,
        lists::{
            period::push_is_in_period,
            search::{Search, SearchDialect, SearchIndex},
        },
        logins::{COLUMNS, push_is_live_by_role, push_is_of_class},
    },
};

/// The account's columns of a [`super::SiteLogin`].
const ACCOUNT_COLUMNS: &str = "u.username, u.is_active, u.is_staff, u.is_superuser, u.deactivated_until, \
    u.force_logout_date, u.force_logout_cause, u.force_logout_scheduled";

/// How the matches are found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Plan<'q> {
    /// Scan an index in the order of the list, perhaps only its first logins.
    Scan { first: Option<i64> },
    /// Look up the logins that match one filter, and sort them.
    Lookup(Candidates<'q>),
}

/// A query of the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'q> {
    pub filter: &'q LoginsFilter,
    pub sort: LoginsSort,
    pub search: Option<&'q Search<'q>>,
    pub live: &'q LiveByRole,
    pub plan: Plan<'q>,
}

impl Statement<'_> {
    /// Selects one row if an index in the order of the list has more than `first` logins.
    pub fn has_more_than<DB: SearchDialect>(&self, first: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT CAST(1 AS BIGINT) FROM ");
        self.push_logins_in_order(&mut sql);
        sql.push(" WHERE TRUE");
        self.push_range_of_order(&mut sql);
        self.push_order(&mut sql);
        push_limit(&mut sql, 1, first);
        sql
    }

    /// Selects the logins of one page.
    pub fn page<DB: SearchDialect>(&self, limit: i64, offset: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        let join = DB::JOIN_IN_ORDER;
        sql.push(format_args!("SELECT {COLUMNS}, {ACCOUNT_COLUMNS} FROM (SELECT l.id FROM "));
        match self.plan {
            Plan::Scan { first: None } => {
                self.push_logins_in_order(&mut sql);
                self.push_account_and_conditions(&mut sql);
            }
            _ => self.push_matches(&mut sql),
        }
        self.push_order(&mut sql);
        push_limit(&mut sql, limit, offset);
        sql.push(format_args!(
            ") AS page {join} curfew_logins l ON l.id = page.id LEFT JOIN curfew_users u ON u.id = l.user_id"
        ));
        self.push_order(&mut sql);
        sql
    }

    /// Selects something of at most `limit` of the matching logins `l`, in no order. `select` ends with `FROM`.
    pub fn select<DB: SearchDialect>(&self, select: &str, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        sql.push(select).push(" ");
        self.push_matches(&mut sql);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql
    }

    /// Counts the logins that match, up to a limit, and their users.
    pub fn count<DB: SearchDialect>(&self, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("");
        self.push_found(&mut sql);
        sql.push("SELECT COUNT(*), COUNT(DISTINCT counted.user_id) FROM (SELECT l.user_id FROM ");
        self.push_matches(&mut sql);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") AS counted");
        sql
    }

    fn push_found<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let Plan::Lookup(candidates) = self.plan {
            sql.push("WITH found AS MATERIALIZED (");
            candidates.push(sql);
            sql.push(") ");
        }
    }

    /// Adds the sources, `WHERE` and the conditions.
    pub fn push_matches<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        match self.plan {
            Plan::Lookup(_) => {
                sql.push("found");
                DB::push_lookup(sql, "curfew_logins l", &format!("l.{}", DB::ROW_ID), "found.id");
            }
            Plan::Scan { first: Some(first) } => {
                sql.push("(SELECT * FROM ");
                self.push_logins_in_order(sql);
                sql.push(" WHERE TRUE");
                self.push_range_of_order(sql);
                self.push_order(sql);
                push_limit(sql, first, 0);
                sql.push(") AS l");
            }
            Plan::Scan { first: None } => {
                sql.push("curfew_logins l");
            }
        }
        self.push_account_and_conditions(sql);
    }

    /// Adds the logins as a source that is read in the order of the list.
    fn push_logins_in_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push("curfew_logins l").push(DB::indexed_by(self.index_of_order()));
    }

    fn push_account_and_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        // A login of a deleted account has no name to search for, and is not live.
        if self.search.is_some() || self.filter.shown == LoginsShown::Live {
            sql.push(format_args!(" {} curfew_users u ON u.id = l.user_id", DB::JOIN_IN_ORDER));
        }
        sql.push(" WHERE TRUE");
        self.push_conditions(sql);
    }

    fn push_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        let LoginsFilter { network, browser, system, class, shown, made, seen, .. } = self.filter;
        if let Some(class) = class {
            push_is_of_class(sql, *class);
        }
        if let Some(network) = network {
            sql.push(" AND ");
            push_is_in_network(sql, network);
        }
        for (column, name) in [("l.browser", browser), ("l.system", system)] {
            if let Some(name) = name {
                push_is_named(sql, column, name);
            }
        }
        for (column, period) in [("l.opened_at", made), ("l.last_seen", seen)] {
            if *period != Period::default() {
                sql.push(" AND ");
                push_is_in_period(sql, column, period);
            }
        }
        if *shown == LoginsShown::Live {
            self.push_is_live(sql);
        }
        if let Some(search) = self.search {
            sql.push(" AND ");
            search.push_is_in_name(sql, SearchIndex::Users);
        }
    }

    /// The index that has the logins in the order of the list.
    const fn index_of_order(&self) -> &'static str {
        match (self.sort.key, self.filter.shown) {
            (LoginsSortKey::Login, LoginsShown::Live) => "curfew_logins_live_by_opened_at",
            (LoginsSortKey::Login, LoginsShown::All) => "curfew_logins_by_opened_at",
            (LoginsSortKey::Seen, LoginsShown::Live) => "curfew_logins_live_by_last_seen",
            (LoginsSortKey::Seen, LoginsShown::All) => "curfew_logins_by_last_seen",
            (LoginsSortKey::User, _) => "curfew_logins_by_username",
            (LoginsSortKey::Address, _) => "curfew_logins_by_address",
        }
    }

    /// Adds the conditions that bound a scan in the order of the list.
    fn push_range_of_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        let LoginsFilter { network, shown, made, seen, .. } = self.filter;
        // Worded as in the partial indexes.
        if *shown == LoginsShown::Live {
            sql.push(" AND l.ended_at IS NULL");
        }
        match (self.sort.key, network) {
            (LoginsSortKey::Login, _) => {
                sql.push(" AND ");
                push_is_in_period(sql, "l.opened_at", made);
            }
            (LoginsSortKey::Seen, _) => {
                sql.push(" AND ");
                push_is_in_period(sql, "l.last_seen", seen);
            }
            (LoginsSortKey::Address, Some(network)) => {
                sql.push(" AND ");
                push_is_in_network(sql, network);
            }
            (LoginsSortKey::Address, None) | (LoginsSortKey::User, _) => {}
        }
    }

    /// Adds the rule as SQL: true for the logins that it accepts.
    fn push_is_live<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push(" AND (u.is_active OR u.deactivated_until <= ");
        DB::bind_moment(sql, self.live.now);
        sql.push(")");
        push_is_live_by_role(sql, self.live);
    }

    /// Tokens that were never used sort as the earliest seen, on both engines.
    fn push_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        let (direction, nulls) = if self.sort.descending { ("DESC", "LAST") } else { ("ASC", "FIRST") };
        match self.sort.key {
            LoginsSortKey::Login => sql.push(format_args!(" ORDER BY l.opened_at {direction}")),
            LoginsSortKey::Seen => sql.push(format_args!(" ORDER BY l.last_seen {direction} NULLS {nulls}")),
            LoginsSortKey::User => {
                sql.push(format_args!(" ORDER BY l.username_key {direction}, l.opened_at {direction}"))
            }
            LoginsSortKey::Address => {
                sql.push(format_args!(" ORDER BY l.address_key {direction}, l.opened_at {direction}"))
            }
        };
        sql.push(format_args!(", l.id {direction}"));
    }
}

/// Selects the logins with these ids as [`super::SiteLogin`]s, the newest first.
pub(super) fn with_ids<DB: SearchDialect>(ids: &[String]) -> QueryBuilder<DB> {
    let mut sql = QueryBuilder::new(format!(
        "SELECT {COLUMNS}, {ACCOUNT_COLUMNS} FROM curfew_logins l LEFT JOIN curfew_users u ON u.id = l.user_id WHERE l.id"
    ));
    DB::push_is_one_of_texts(&mut sql, ids);
    sql.push(" ORDER BY l.opened_at DESC, l.id DESC");
    sql
}

/// Adds the condition that a browser or system has this name, or is a version of it.
fn push_is_named<DB: SearchDialect>(sql: &mut QueryBuilder<DB>, column: &str, name: &DeviceName) {
    let [first, _] = name.versions();
    sql.push(" AND ");
    push_name_range(sql, column, name);
    sql.push(format_args!(" AND ({column} = "));
    DB::bind_text(sql, name.as_str());
    sql.push(format_args!(" OR {column} >= "));
    DB::bind_text(sql, &first);
    sql.push(")");
}
