//! The SQL conditions of a users filter, shared by the list and by bulk actions.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        lists::users_filter::{Status, UsersFilter},
        moment::Moment,
        people::role::Role,
    },
    store::{
        engine::dialect::Dialect,
        lists::search::{Search, SearchIndex},
    },
};

/// Adds `WHERE` and the conditions on the users `u`. `search` is the filter's search text.
///
/// The conditions repeat the wording of the partial indexes, so that a rare filter is scanned along its own index.
pub(in crate::store) fn push_filter<DB: Dialect>(
    sql: &mut QueryBuilder<DB>,
    filter: &UsersFilter,
    search: Option<&Search<'_>>,
    now: Moment,
) {
    sql.push(" WHERE TRUE");
    if let Some(search) = search {
        sql.push(" AND ");
        search.push_is_in_name(sql, SearchIndex::Users);
    }
    match filter.status {
        Some(Status::Active) => {
            sql.push(" AND (u.is_active OR u.deactivated_until <= ");
            DB::bind_moment(sql, now);
            sql.push(")");
        }
        Some(Status::Inactive) => {
            sql.push(" AND NOT u.is_active AND (u.deactivated_until IS NULL OR u.deactivated_until > ");
            DB::bind_moment(sql, now);
            sql.push(")");
        }
        None => {}
    }
    match filter.role {
        Some(Role::Member) => sql.push(" AND NOT (u.is_staff OR u.is_superuser)"),
        Some(Role::Staff) => sql.push(" AND (u.is_staff OR u.is_superuser) AND NOT u.is_superuser"),
        Some(Role::Superuser) => sql.push(" AND (u.is_staff OR u.is_superuser) AND u.is_superuser"),
        None => sql,
    };
}
