//! The lock that a use case holds on an account, or on the site, while it changes it.
//!
//! Taking the lock applies what has come due first. A use case therefore never decides by a schedule whose time has
//! passed, and a clock that steps back later cannot undo it.

use super::{
    Accounts, Result,
    locked::{Locked, ReadAccount},
};
use crate::{
    domain::standing::SiteStanding,
    store::{Sql, site, users},
};

impl Accounts {
    /// Locks an account until the transaction ends. `None` if there is no such account.
    pub(super) async fn lock_account(&self, on: &mut dyn Sql, user_id: i64) -> Result<Option<Locked>> {
        // Always the site before the account: two orders would deadlock.
        let site = self.apply_due_to_site(on).await?;
        let Some(user) = users::lock_user(on, user_id).await? else { return Ok(None) };
        // Read the time after taking the lock, so that it is later than what the previous holder did.
        let now = self.store.clock().now(on).await?;
        self.apply_due_to_account(on, Locked::new(ReadAccount { user, site, now })).await
    }

    /// Locks the site until the transaction ends.
    pub(super) async fn lock_site(&self, on: &mut dyn Sql) -> Result<SiteStanding> {
        site::lock_site(on).await?;
        self.apply_due_to_site(on).await
    }
}
