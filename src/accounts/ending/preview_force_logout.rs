//! Previews a force logout. Counts by the same conditions as the force logout itself.

use super::date_at::{date_at, everyones_date_at, everyones_date_now};
use crate::{
    accounts::{Accounts, AccountsError, FEW_TOKENS, ForceLogoutMoment, LoginCounts, Result, locked::ReadAccount},
    domain::{
        logins::{
            kind::LoginClass,
            live::{LiveAfter, LiveByRole},
        },
        moment::Moment,
        standing::SiteStanding,
    },
    store::{
        Sql,
        lists::{live_logins::count_live_site_logins, overview::count_live_sessions},
        site,
        users::{self, User},
    },
};

/// What a force logout would do. `L` counts the logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForceLogoutPreview<L> {
    /// Logins made at `date` or before end.
    Ends {
        /// The date.
        date: Moment,
        /// The live logins that end.
        logins: L,
    },
    /// The time is in the future, so it would be scheduled. The counts say what it would end now.
    Scheduled {
        /// When.
        at: Moment,
        /// The live logins.
        logins: L,
    },
    /// A later force-logout date has ended these logins already.
    Unchanged {
        /// The date in force.
        date: Moment,
    },
}

/// Everyone's live logins, as far as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EveryonesLogins {
    /// Sessions.
    pub sessions: i64,
    /// Whether the number may include sessions that have expired and are not yet recorded as ended.
    pub sessions_estimated: bool,
    /// Tokens, up to [`FEW_TOKENS`].
    pub tokens: i64,
    /// Whether there are more tokens.
    pub tokens_more: bool,
}

impl Accounts {
    /// Previews a force logout of an account.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn preview_force_logout(
        &self,
        user_id: i64,
        moment: ForceLogoutMoment,
    ) -> Result<ForceLogoutPreview<LoginCounts>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = site::get_site(&mut on).await?.standing();
        let user = users::find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let account = ReadAccount { user, site, now };
        let date = match moment {
            ForceLogoutMoment::At(at) if at > now => {
                let logins = self.count_logins(&mut on, &account, account.force_logout_date_now()).await?;
                return Ok(ForceLogoutPreview::Scheduled { at, logins });
            }
            ForceLogoutMoment::At(at) => date_at(&mut on, &account.user, at).await?,
            ForceLogoutMoment::Now => account.force_logout_date_now(),
        };
        let in_force = date_in_force(&mut on, &account.user, now).await?;
        if let Some(in_force) = in_force.filter(|in_force| date < *in_force) {
            return Ok(ForceLogoutPreview::Unchanged { date: in_force });
        }
        let logins = self.count_logins(&mut on, &account, date).await?;
        Ok(ForceLogoutPreview::Ends { date, logins })
    }

    /// Previews a force logout of everyone.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn preview_everyone_out(&self, moment: ForceLogoutMoment) -> Result<ForceLogoutPreview<EveryonesLogins>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = site::get_site(&mut on).await?.standing();
        let date = match moment {
            ForceLogoutMoment::At(at) if at > now => {
                let date = everyones_date_now(&mut on, site, now).await?;
                let logins = self.count_everyones(&mut on, (site, now), date).await?;
                return Ok(ForceLogoutPreview::Scheduled { at, logins });
            }
            ForceLogoutMoment::At(at) => everyones_date_at(&mut on, at).await?,
            ForceLogoutMoment::Now => everyones_date_now(&mut on, site, now).await?,
        };
        let due = match site.force_logout_scheduled.filter(|at| *at <= now) {
            Some(due) => Some(everyones_date_at(&mut on, due).await?),
            None => None,
        };
        if let Some(in_force) = site.force_logout_date.max(due).filter(|in_force| date < *in_force) {
            return Ok(ForceLogoutPreview::Unchanged { date: in_force });
        }
        let logins = self.count_everyones(&mut on, (site, now), date).await?;
        Ok(ForceLogoutPreview::Ends { date, logins })
    }

    async fn count_everyones(
        &self,
        on: &mut dyn Sql,
        (site, now): (SiteStanding, Moment),
        up_to: Moment,
    ) -> Result<EveryonesLogins> {
        let live = self.live_by_role(site, now);
        let (all, sessions_estimated) = count_live_sessions(on, &live).await?;
        let since = |live: LiveAfter| live.with_force_logout(Some(up_to), None, now);
        let later = LiveByRole { member: since(live.member), staff: since(live.staff), now };
        let (spared, _) = count_live_sessions(on, &later).await?;
        let tokens = count_live_site_logins(on, LoginClass::Tokens, &live, Some(up_to), FEW_TOKENS + 1).await?;
        Ok(EveryonesLogins {
            sessions: (all - spared).max(0),
            sessions_estimated,
            tokens: tokens.min(FEW_TOKENS),
            tokens_more: tokens > FEW_TOKENS,
        })
    }
}

/// The force-logout date that an account has once everything due is applied.
async fn date_in_force(on: &mut dyn Sql, user: &User, now: Moment) -> Result<Option<Moment>> {
    let due = match user.force_logout_scheduled.filter(|at| *at <= now) {
        Some(due) => Some(date_at(on, user, due).await?),
        None => None,
    };
    Ok(user.force_logout_date.max(due))
}
