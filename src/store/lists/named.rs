//! Finds many users by their names or ids, in one statement each.

use sqlx::QueryBuilder;

use crate::{
    domain::people::role::Role,
    store::{
        Result, Sql,
        engine::{dialect::Dialect, from_row::from_row, on_engine, with_timeout},
    },
};

/// A user with what staff must know to recognise them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// The user's id.
    pub id: i64,
    /// The username.
    pub username: String,
    is_staff: bool,
    is_superuser: bool,
}

from_row!(KnownUser { id, username, is_staff, is_superuser });

impl KnownUser {
    /// The user's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }
}

/// Finds the accounts with these login keys. Returns each key that an account has, with the account's id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_ids_by_login_key(on: &mut dyn Sql, keys: &[String]) -> Result<Vec<(String, i64)>> {
    fn statement<DB: Dialect>(keys: &[String]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT name_key, user_id FROM curfew_login_names WHERE name_key");
        DB::push_is_one_of_texts(&mut sql, keys);
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(keys).build_query_as().fetch_all(c)).await)?)
}

/// Finds the users with these ids, in ascending order of id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_known_users(on: &mut dyn Sql, ids: &[i64]) -> Result<Vec<KnownUser>> {
    fn statement<DB: Dialect>(ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql =
            QueryBuilder::new("SELECT u.id, u.username, u.is_staff, u.is_superuser FROM curfew_users u WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(" ORDER BY u.id");
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(ids).build_query_as().fetch_all(c)).await)?)
}
