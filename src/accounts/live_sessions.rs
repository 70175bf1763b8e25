//! What an account has open, as the rule sees it.

use super::{Accounts, AccountsError, EndedLogins, Result, fold::Locked, note_activity::greatest_lag};
use crate::{
    domain::{moment::Moment, standing::SiteStanding},
    settings::moment_before,
    store::{
        sessions::LiveAfter,
        site,
        tokens::LiveTokens,
        users::{self, User},
    },
};

/// An account with what staff must know before they act on it.
#[derive(Debug)]
pub struct AccountToActOn {
    /// The account.
    pub user: User,
    /// The live sessions and tokens that a force logout now ends.
    pub will_end: EndedLogins,
    /// When this was read.
    pub now: Moment,
}

impl Accounts {
    /// What a session of that account must lie after if it may be live: one that is idle by what is
    /// written may have been seen since. So no act spares one that goes on, and none is over the limit.
    pub(super) fn live_sessions_after(&self, user: &User, site: SiteStanding, now: Moment) -> LiveAfter {
        let due = user.force_logout_scheduled.filter(|at| *at <= now);
        let live = self.live_after(user.role(), site, now);
        let login = [user.force_logout_date, due].into_iter().flatten().fold(live.login, Moment::max);
        let opened = due.into_iter().fold(live.opened, Moment::max);
        LiveAfter { login, opened, seen: moment_before(live.seen, greatest_lag(self.settings.limits(user.role()))) }
    }

    /// How many live logins an account has.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn count_live_logins(&self, user_id: i64) -> Result<EndedLogins> {
        Ok(self.get_account_to_act_on(user_id).await?.will_end)
    }

    /// An account, and how many logins a force logout now will end: counted as it ends them, so
    /// that what is promised is what happens.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn get_account_to_act_on(&self, user_id: i64) -> Result<AccountToActOn> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = site::get_site(&mut on).await?.standing();
        let user = users::find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let locked = Locked { user, site, now };
        let will_end = self.count_logins(&mut on, &locked, locked.force_logout_date_now()).await?;
        Ok(AccountToActOn { user: locked.user, will_end, now })
    }
}

/// What a token of that account must lie after to be live, where what is due may not be folded yet.
pub(super) fn live_tokens_after(user: &User, site: SiteStanding, now: Moment) -> LiveTokens {
    let latest = |dates: [Option<Moment>; 2]| dates.into_iter().flatten().fold(Moment::UNIX_EPOCH, Moment::max);
    let due = |scheduled: Option<Moment>| scheduled.filter(|at| *at <= now);
    LiveTokens {
        login: latest([user.force_logout_date, site.force_logout_date]),
        opened: latest([due(user.force_logout_scheduled), due(site.force_logout_scheduled)]),
        expiry: now,
    }
}
