//! The lock that a use case holds on an account, or on the site, while it changes it.
//!
//! Taking the lock applies what has come due first. A use case therefore never decides by a schedule whose time has
//! passed, and a clock that steps back later cannot undo it.

use super::{Accounts, Result};
use crate::{
    domain::{moment::Moment, standing::SiteStanding},
    store::{Sql, site, users},
};

/// A locked account, the site's standing, and the time of the lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) user: users::User,
    pub(super) site: SiteStanding,
    pub(super) now: Moment,
}

impl Locked {
    /// The date of a force logout that takes effect now. It is no earlier than any login of the account, so that a
    /// clock that stepped back spares none, and no earlier than the date before, which never moves back.
    pub(super) fn force_logout_date_now(&self) -> Moment {
        [self.user.last_login_date, self.user.force_logout_date].into_iter().flatten().fold(self.now, Moment::max)
    }
}

impl Accounts {
    /// Locks an account until the transaction ends. `None` if there is no such account.
    pub(super) async fn lock_account(&self, on: &mut impl Sql, user_id: i64) -> Result<Option<Locked>> {
        // Always the site before the account: two orders would deadlock.
        let site = self.apply_due_to_site(on).await?;
        let Some(user) = users::lock_user(on, user_id).await? else { return Ok(None) };
        // Read the time after taking the lock, so that it is later than what the previous holder did.
        let now = self.store.clock().now(on).await?;
        self.apply_due_to_account(on, Locked { user, site, now }).await
    }

    /// Locks the site until the transaction ends.
    pub(super) async fn lock_site(&self, on: &mut impl Sql) -> Result<SiteStanding> {
        site::lock_site(on).await?;
        self.apply_due_to_site(on).await
    }
}
