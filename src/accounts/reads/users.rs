//! The accounts that pages and commands list.

use crate::{
    accounts::{Accounts, Result},
    domain::{lists::users_query::UsersQuery, moment::Moment, people::role::Role},
    store::{
        lists::users::{UsersPage, list_users},
        users::{User, count_other_superusers, find_user, list_users_after},
    },
};

impl Accounts {
    /// One page of the matching accounts, and the time of the read.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_users(&self, query: &UsersQuery) -> Result<(UsersPage, Moment)> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        Ok((list_users(&mut on, query, now).await?, now))
    }

    /// The next accounts by username, at most `limit`, and the time of the read. `after` is a comparison key.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_users_after(&self, after: &str, limit: i64) -> Result<(Vec<User>, Moment)> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        Ok((list_users_after(&mut on, after, limit).await?, now))
    }

    /// The username of an account, if it exists.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn find_username(&self, user_id: i64) -> Result<Option<String>> {
        let user = find_user(&mut self.store.read().await?, user_id).await?;
        Ok(user.map(|user| user.username))
    }

    /// Whether an account of this role is the last active superuser.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn is_last_superuser(&self, user_id: i64, role: Role) -> Result<bool> {
        Ok(role.is_superuser() && count_other_superusers(&mut self.store.read().await?, user_id).await? == 0)
    }
}
