//! What a use case knows about an account that it has read or locked.

use std::ops::Deref;

use crate::{
    domain::{moment::Moment, standing::SiteStanding},
    store::users,
};

/// An account and the site's standing, as they were read, and the time.
#[derive(Debug)]
pub(super) struct ReadAccount {
    pub(super) user: users::User,
    pub(super) site: SiteStanding,
    pub(super) now: Moment,
}

impl ReadAccount {
    /// The date of a force logout that takes effect now. It is no earlier than any login of the account, so that a
    /// clock that stepped back spares none, and no earlier than the date before, which never moves back.
    pub(super) fn force_logout_date_now(&self) -> Moment {
        [self.user.last_login_date, self.user.force_logout_date].into_iter().flatten().fold(self.now, Moment::max)
    }
}

/// An account that is locked until the transaction ends. Acts take one, so that none forgets the lock.
#[derive(Debug)]
pub(super) struct Locked(ReadAccount);

impl Locked {
    /// For `Accounts::lock_account` alone, which has taken the lock.
    pub(super) const fn new(account: ReadAccount) -> Self {
        Self(account)
    }

    /// The account after the transaction has changed it.
    pub(super) fn with(self, user: users::User) -> Self {
        Self(ReadAccount { user, ..self.0 })
    }

    /// The account, when the transaction has ended.
    pub(super) fn into_read(self) -> ReadAccount {
        self.0
    }
}

impl Deref for Locked {
    type Target = ReadAccount;

    fn deref(&self) -> &ReadAccount {
        &self.0
    }
}
