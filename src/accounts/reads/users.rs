//! The accounts that pages and commands list.

use std::collections::BTreeMap;

use crate::{
    accounts::{Accounts, LoginCounts, Result},
    domain::{lists::users_query::UsersQuery, moment::Moment, people::role::Role},
    store::{
        bulk::count_live_logins_of_each,
        lists::users::{UsersPage, list_users},
        users::{User, count_other_superusers, find_user, list_users_after},
    },
};

/// One page of the list of accounts.
#[derive(Debug)]
pub struct UsersWithLogins {
    /// The page.
    pub page: UsersPage,
    /// How many live logins the accounts have, by id. An account without any is missing.
    pub logins: BTreeMap<i64, LoginCounts>,
    /// The time of the read.
    pub now: Moment,
}

impl Accounts {
    /// One page of the matching accounts, with how many live logins each has.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_users(&self, query: &UsersQuery) -> Result<UsersWithLogins> {
        let mut on = self.store.read().await?;
        // As a bulk action on the matching accounts counts them.
        let live = self.possibly_live_now(&mut on).await?;
        let page = list_users(&mut on, query, &live).await?;
        // An account that was deactivated with SQL has no live login, even if the rows of its logins do not say so.
        let active = page.users.iter().filter(|user| user.is_active_at(live.now));
        let ids: Vec<i64> = active.map(|user| user.id).collect();
        let logins = count_live_logins_of_each(&mut on, &ids, &live).await?.into_iter().collect();
        Ok(UsersWithLogins { page, logins, now: live.now })
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
