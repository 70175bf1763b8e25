//! The conditions of a filter, for whatever reads users.

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

/// Adds the conditions on the users `u`, from `WHERE` on; `search` is that of the filter.
///
/// The words are those of the partial indexes, so that a rare filter is walked along its own.
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
