//! Counts the live logins of an account by the one rule.

use super::record_activity::max_lag;
use crate::{
    accounts::{Accounts, AccountsError, LoginCounts, Result, locked::ReadAccount},
    domain::{
        logins::live::{LiveAfter, LiveByRole},
        moment::Moment,
        people::role::Role,
        standing::SiteStanding,
    },
    store::{
        Sql, logins, site,
        users::{self, User},
    },
};

/// An account with what staff must know before they act on it.
#[derive(Debug)]
pub struct TargetAccount {
    /// The account.
    pub user: User,
    /// The live sessions and tokens that a force logout would end now.
    pub will_end: LoginCounts,
    /// The time of the read.
    pub now: Moment,
}

impl Accounts {
    /// What makes a login of an account of this role live, as far as the site decides.
    #[must_use]
    pub fn live_after(&self, role: Role, site: SiteStanding, now: Moment) -> LiveAfter {
        LiveAfter::of_site(&site, self.settings.limits(role), self.settings.token_leeway, now)
    }

    /// Like [`Self::live_after`], for all accounts of the site.
    #[must_use]
    pub fn live_by_role(&self, site: SiteStanding, now: Moment) -> LiveByRole {
        let of = |role| self.live_after(role, site, now);
        LiveByRole { member: of(Role::Member), staff: of(Role::Staff), now }
    }

    /// What makes a login of this account live, or possibly live. A login that is idle by its stored time may have been
    /// seen since, so it counts too. Otherwise an action could miss a login that continues, and an account could exceed
    /// its limit.
    pub(in crate::accounts) fn live_logins_after(&self, user: &User, site: SiteStanding, now: Moment) -> LiveAfter {
        self.live_after(user.role(), site, now)
            .with_force_logout(user.force_logout_date, user.force_logout_scheduled, now)
            .with_lag(max_lag(self.settings.limits(user.role())))
    }

    /// Like [`Self::live_logins_after`], for all accounts of the site.
    pub(in crate::accounts) fn possibly_live_by_role(&self, site: SiteStanding, now: Moment) -> LiveByRole {
        let of = |role| self.live_after(role, site, now).with_lag(max_lag(self.settings.limits(role)));
        LiveByRole { member: of(Role::Member), staff: of(Role::Staff), now }
    }

    /// Like [`Self::possibly_live_by_role`], by the site's standing now.
    pub(in crate::accounts) async fn possibly_live_now(&self, on: &mut dyn Sql) -> Result<LiveByRole> {
        let now = self.store.clock().now(on).await?;
        Ok(self.possibly_live_by_role(site::get_site(on).await?.standing(), now))
    }

    /// The live logins of an account that are dated `up_to` or earlier.
    pub(in crate::accounts) async fn count_logins(
        &self,
        on: &mut dyn Sql,
        of: &ReadAccount,
        up_to: Moment,
    ) -> Result<LoginCounts> {
        let ReadAccount { user, site, now } = of;
        let live = self.live_logins_after(user, *site, *now);
        Ok(logins::count_live_logins(on, user.id, None, up_to, &live).await?)
    }

    /// How many live logins an account has.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn count_live_logins(&self, user_id: i64) -> Result<LoginCounts> {
        Ok(self.get_target_account(user_id).await?.will_end)
    }

    /// An account, and how many logins a force logout would end now. The force logout itself counts by the same
    /// conditions.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn get_target_account(&self, user_id: i64) -> Result<TargetAccount> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = site::get_site(&mut on).await?.standing();
        let user = users::find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let account = ReadAccount { user, site, now };
        let will_end = self.count_logins(&mut on, &account, account.force_logout_date_now()).await?;
        Ok(TargetAccount { user: account.user, will_end, now })
    }
}
