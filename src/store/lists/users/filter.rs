//! The SQL conditions of a users filter, shared by the list and by bulk actions.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        lists::users_filter::{Status, UsersFilter},
        logins::live::LiveByRole,
        moment::Moment,
        people::role::Role,
        period::Period,
    },
    store::{
        engine::dialect::Dialect,
        lists::{
            period::push_is_in_period,
            search::{Search, SearchIndex},
        },
        logins::push_is_live_by_role,
    },
};

/// Adds `WHERE` and the conditions on the users `u`. `search` is the filter's search text.
///
/// The conditions repeat the wording of the partial indexes, so that a rare filter is scanned along its own index.
pub(in crate::store) fn push_filter<DB: Dialect>(
    sql: &mut QueryBuilder<DB>,
    filter: &UsersFilter,
    search: Option<&Search<'_>>,
    live: &LiveByRole,
) {
    sql.push(" WHERE TRUE");
    if let Some(search) = search {
        sql.push(" AND ");
        search.push_is_in_name(sql, SearchIndex::Users);
    }
    if let Some(status) = filter.status {
        sql.push(" AND ");
        push_has_status(sql, status, live.now);
    }
    match filter.role {
        Some(Role::Member) => sql.push(" AND NOT (u.is_staff OR u.is_superuser)"),
        Some(Role::Staff) => sql.push(" AND (u.is_staff OR u.is_superuser) AND NOT u.is_superuser"),
        Some(Role::Superuser) => sql.push(" AND (u.is_staff OR u.is_superuser) AND u.is_superuser"),
        None => sql,
    };
    for (column, period) in periods(filter) {
        sql.push(" AND ");
        push_is_in_period(sql, column, &period);
    }
    match filter.live {
        Some(true) => {
            sql.push(" AND ");
            push_is_logged_in(sql, live);
        }
        Some(false) => {
            sql.push(" AND NOT ");
            push_is_logged_in(sql, live);
        }
        None => {}
    }
}

/// The periods of a filter that are not open at both ends, each with the column that it limits.
pub(super) fn periods(filter: &UsersFilter) -> impl Iterator<Item = (&'static str, Period)> + use<> {
    let periods = [("u.date_joined", filter.joined), ("u.last_login", filter.login), ("u.last_seen", filter.seen)];
    periods.into_iter().filter(|(_, period)| *period != Period::default())
}

fn push_has_status<DB: Dialect>(sql: &mut QueryBuilder<DB>, status: Status, now: Moment) {
    sql.push(match status {
        Status::Active => "(u.is_active OR u.deactivated_until <= ",
        Status::Inactive => "NOT u.is_active AND (u.deactivated_until IS NULL OR u.deactivated_until > ",
    });
    DB::bind_moment(sql, now);
    sql.push(")");
}

/// Adds the condition that a user has a live login. An account that was deactivated with SQL has none, even if the rows
/// of its logins do not say so.
fn push_is_logged_in<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveByRole) {
    // `COALESCE`, because the negation of an unknown truth would list the user under neither.
    sql.push("(COALESCE(u.is_active OR u.deactivated_until <= ");
    DB::bind_moment(sql, live.now);
    sql.push(", FALSE) AND EXISTS (SELECT 1 FROM curfew_logins l WHERE l.user_id = u.id");
    push_is_live_by_role(sql, live);
    // `OFFSET` keeps Postgres from joining all logins: each user's few are read by their index.
    sql.push(" LIMIT 1 OFFSET 0))");
}
