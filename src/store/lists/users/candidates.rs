//! What can be looked up instead of scanning all users: the first users in the order of the list, or those that one of
//! the filters leaves.

use sqlx::QueryBuilder;

use super::{
    filter::periods,
    statement::{Statement, column},
};
use crate::{
    domain::{
        lists::{
            users_filter::{Status, UsersFilter},
            users_query::SortKey,
        },
        people::role::Role,
        period::Period,
    },
    store::{
        Result, Sql,
        engine::{on_engine, with_timeout},
        lists::{
            logins::push_may_be_live,
            period::push_is_in_period,
            search::{Search, SearchDialect, SearchIndex},
            searchable::SearchableList as _,
        },
    },
};

/// A part of the users. Not all of them need match.
#[derive(Debug, Clone, Copy)]
pub(super) enum Candidates<'q> {
    /// The first users in the order of the list.
    First(i64),
    /// The users whose names the search index returns.
    Named(&'q Search<'q>),
    /// The users whose date in this column is in the period.
    Dated(&'static str, Period),
    /// The users with a login that may be live.
    LoggedIn,
}

impl<'q> Candidates<'q> {
    /// The filter with the fewest candidates, unless all have more than `limit`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn rarest(on: &mut dyn Sql, statement: &Statement<'q>, limit: i64) -> Result<Option<Self>> {
        let filter = &statement.query.filter;
        let mut given = Vec::new();
        if let Some(search) = statement.search
            && search.is_rare(on, SearchIndex::Users).await?
        {
            given.push(Self::Named(search));
        }
        given.extend(periods(filter).map(|(column, period)| Self::Dated(column, period)));
        given.extend((filter.live == Some(true)).then_some(Self::LoggedIn));
        let (mut rarest, mut fewest) = (None, limit + 1);
        for candidates in given {
            let count = candidates.count(on, statement, fewest).await?;
            if count < fewest {
                (rarest, fewest) = (Some(candidates), count);
            }
        }
        Ok(rarest)
    }

    /// Counts the candidates, up to a limit. Counts the logins of those who may be logged in.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn count(self, on: &mut dyn Sql, statement: &Statement<'_>, up_to: i64) -> Result<i64> {
        Ok(on_engine!(on, |c| {
            with_timeout(self.counting(statement, up_to).build_query_scalar().fetch_one(c)).await
        })?)
    }

    fn counting<DB: SearchDialect>(self, statement: &Statement<'_>, up_to: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (");
        match self {
            Self::LoggedIn => push_logged_in(&mut sql, statement),
            _ => self.push(&mut sql, statement),
        }
        // The first users have a limit already.
        if !matches!(self, Self::First(_)) {
            sql.push(" LIMIT ");
            DB::bind_number(&mut sql, up_to);
        }
        sql.push(") AS candidates");
        sql
    }

    /// Adds a select of the candidates' ids.
    pub fn push<DB: SearchDialect>(self, sql: &mut QueryBuilder<DB>, statement: &Statement<'_>) {
        match self {
            Self::First(first) => push_first(sql, statement, first),
            Self::Named(search) => DB::push_candidates(sql, SearchIndex::Users, search),
            Self::Dated(column, period) => {
                sql.push("SELECT u.id FROM curfew_users u WHERE ");
                push_is_in_period(sql, column, &period);
            }
            Self::LoggedIn => {
                sql.push("SELECT DISTINCT id FROM (");
                push_logged_in(sql, statement);
                sql.push(") AS logged_in");
            }
        }
    }
}

fn push_logged_in<DB: SearchDialect>(sql: &mut QueryBuilder<DB>, statement: &Statement<'_>) {
    sql.push("SELECT l.user_id AS id FROM curfew_logins l WHERE ");
    push_may_be_live(sql, "l.user_id", None, statement.live);
}

/// Reads the index of the order, as far as a filter leaves a part of it.
fn push_first<DB: SearchDialect>(sql: &mut QueryBuilder<DB>, statement: &Statement<'_>, first: i64) {
    let (filter, key) = (&statement.query.filter, statement.query.sort.key);
    let of = IndexOf::those(filter);
    sql.push("SELECT u.id FROM curfew_users u");
    DB::push_index(sql, of.index(key));
    sql.push(" WHERE ").push(of.condition());
    for (dated, period) in periods(filter).filter(|(dated, _)| *dated == column(key)) {
        sql.push(" AND ");
        push_is_in_period(sql, dated, &period);
    }
    statement.push_order(sql);
    sql.push(" LIMIT ");
    DB::bind_number(sql, first);
}

/// Which users the indexes have: each order exists for all users, and for the few that a rare filter leaves.
#[derive(Debug, Clone, Copy)]
enum IndexOf {
    Everyone,
    Inactive,
    WithARole,
}

impl IndexOf {
    const fn those(filter: &UsersFilter) -> Self {
        match (filter.role, filter.status) {
            (Some(Role::Staff | Role::Superuser), _) => Self::WithARole,
            (_, Some(Status::Inactive)) => Self::Inactive,
            _ => Self::Everyone,
        }
    }

    /// The condition as the partial index words it.
    const fn condition(self) -> &'static str {
        match self {
            Self::Everyone => "TRUE",
            Self::Inactive => "NOT u.is_active",
            Self::WithARole => "(u.is_staff OR u.is_superuser)",
        }
    }

    const fn index(self, key: SortKey) -> &'static str {
        let [everyone, inactive, with_a_role] = match key {
            SortKey::Username => [
                "curfew_users_by_username",
                "curfew_users_inactive_by_username",
                "curfew_users_with_a_role_by_username",
            ],
            SortKey::Email => {
                ["curfew_users_by_email", "curfew_users_inactive_by_email", "curfew_users_with_a_role_by_email"]
            }
            SortKey::DateJoined => [
                "curfew_users_by_date_joined",
                "curfew_users_inactive_by_date_joined",
                "curfew_users_with_a_role_by_date_joined",
            ],
            SortKey::LastLogin => [
                "curfew_users_by_last_login",
                "curfew_users_inactive_by_last_login",
                "curfew_users_with_a_role_by_last_login",
            ],
            SortKey::LastSeen => [
                "curfew_users_by_last_seen",
                "curfew_users_inactive_by_last_seen",
                "curfew_users_with_a_role_by_last_seen",
            ],
        };
        match self {
            Self::Everyone => everyone,
            Self::Inactive => inactive,
            Self::WithARole => with_a_role,
        }
    }
}
