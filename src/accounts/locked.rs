//! What a use case knows about an account that it has locked.

use crate::{
    domain::{moment::Moment, standing::SiteStanding},
    store::users,
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
