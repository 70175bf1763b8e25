//! What an account is logged in by, as the rule sees it.

use super::record_activity::max_lag;
use crate::{
    accounts::{Accounts, AccountsError, LoginCounts, Result, ending::due::Locked},
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
    /// The live sessions and tokens that a force logout now ends.
    pub will_end: LoginCounts,
    /// When this was read.
    pub now: Moment,
}

impl Accounts {
    /// What makes a login of an account of that role live, as far as the site decides.
    #[must_use]
    pub fn live_after(&self, role: Role, site: SiteStanding, now: Moment) -> LiveAfter {
        LiveAfter::of_site(&site, self.settings.limits(role), self.settings.token_leeway, now)
    }

    /// The same for the accounts of the whole site.
    #[must_use]
    pub fn live_by_role(&self, site: SiteStanding, now: Moment) -> LiveByRole {
        let of = |role| self.live_after(role, site, now);
        LiveByRole { member: of(Role::Member), staff: of(Role::Staff), now }
    }

    /// What makes a login of that account live, or possibly live: one that is idle by what is written may have been
    /// seen since. So no act spares a login that continues, and no account exceeds its limit.
    pub(in crate::accounts) fn live_logins_after(&self, user: &User, site: SiteStanding, now: Moment) -> LiveAfter {
        self.live_after(user.role(), site, now)
            .and_after(user.force_logout_date, user.force_logout_scheduled, now)
            .with_lag(max_lag(self.settings.limits(user.role())))
    }

    /// The same for the accounts of the whole site.
    pub(in crate::accounts) fn possibly_live_by_role(&self, site: SiteStanding, now: Moment) -> LiveByRole {
        let of = |role| self.live_after(role, site, now).with_lag(max_lag(self.settings.limits(role)));
        LiveByRole { member: of(Role::Member), staff: of(Role::Staff), now }
    }

    /// The live logins of an account that are dated `up_to` or before.
    pub(in crate::accounts) async fn count_logins(
        &self,
        on: &mut impl Sql,
        of: &Locked,
        up_to: Moment,
    ) -> Result<LoginCounts> {
        let Locked { user, site, now } = of;
        let live = self.live_logins_after(user, *site, *now);
        Ok(logins::count_live_logins(on, user.id, logins::Chosen::UpTo(up_to), &live).await?)
    }

    /// How many live logins an account has.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn count_live_logins(&self, user_id: i64) -> Result<LoginCounts> {
        Ok(self.get_target_account(user_id).await?.will_end)
    }

    /// An account, and how many logins a force logout now will end: counted as it ends them, so that what is promised
    /// is what happens.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn get_target_account(&self, user_id: i64) -> Result<TargetAccount> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = site::get_site(&mut on).await?.standing();
        let user = users::find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let locked = Locked { user, site, now };
        let will_end = self.count_logins(&mut on, &locked, locked.force_logout_date_now()).await?;
        Ok(TargetAccount { user: locked.user, will_end, now })
    }
}
