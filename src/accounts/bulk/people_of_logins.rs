//! Stores the people of chosen logins as a list, for a bulk action on them.

use std::collections::BTreeSet;

use crate::{
    accounts::{Accounts, AccountsError, Actor, Result},
    domain::{
        chosen_logins::{LoginsScope, MOST_CHOSEN},
        logins::public_id::PublicId,
    },
    store::{
        bulk::{
            listed::{insert_listed_users, insert_user_list},
            logins::list_users_of_logins,
        },
        site::get_site,
    },
};

impl Accounts {
    /// Stores a list of the users who have these logins: those of ended logins too, if the filter shows them. Returns
    /// `None` if there are more logins than one action takes.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`], [`AccountsError::Forbidden`], or a database error.
    pub async fn store_people_of_logins(&self, actor: &Actor, scope: &LoginsScope) -> Result<Option<PublicId>> {
        self.derive_traits_before_listing().await;
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        if !self.must_be_live(&mut on, actor, now).await?.is_staff() {
            return Err(AccountsError::Forbidden);
        }
        let site = get_site(&mut on).await?.standing();
        let live = self.possibly_live_by_role(site, now);
        let users = list_users_of_logins(&mut on, scope, &live, i64::from(MOST_CHOSEN) + 1).await?;
        drop(on);
        if users.len() > MOST_CHOSEN as usize {
            return Ok(None);
        }
        let users: BTreeSet<i64> = users.into_iter().collect();
        self.store_user_list(&users.into_iter().collect::<Vec<_>>()).await.map(Some)
    }

    /// Stores a list of users under a new id.
    pub(super) async fn store_user_list(&self, ids: &[i64]) -> Result<PublicId> {
        let list = PublicId::from_random(rand::random());
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        insert_user_list(&mut tx, &list, now).await?;
        insert_listed_users(&mut tx, &list, ids).await?;
        tx.commit().await?;
        Ok(list)
    }
}
