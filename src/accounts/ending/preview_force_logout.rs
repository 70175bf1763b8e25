//! What a force logout of that moment would do, counted by the conditions by which it is done.

use super::{
    date_of_moment::{date_of_moment, everyones_date_now, everyones_date_of_moment},
    due::Locked,
};
use crate::{
    accounts::{Accounts, AccountsError, FEW_TOKENS, ForceLogoutMoment, LoginCounts, Result},
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
        lists::{overview::count_live_sessions, sessions::count_live_site_logins},
        site,
        users::{self, User},
    },
};

/// What a force logout would do, to logins counted as `L`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForceLogoutPreview<L> {
    /// Logins made at `date` or before end.
    Ends {
        /// The date.
        date: Moment,
        /// The live ones that end.
        logins: L,
    },
    /// It is scheduled. This is what it would end now.
    Scheduled {
        /// When.
        at: Moment,
        /// The live ones.
        logins: L,
    },
    /// Such logins are out already, since a later date.
    Unchanged {
        /// The date that stands.
        date: Moment,
    },
}

/// Live logins of everyone, as far as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EveryonesLogins {
    /// Sessions.
    pub sessions: i64,
    /// Whether that number may hold some that have ended and nobody has noted.
    pub sessions_estimated: bool,
    /// Tokens, up to [`FEW_TOKENS`].
    pub tokens: i64,
    /// Whether there are more.
    pub tokens_more: bool,
}

impl Accounts {
    /// What a force logout of an account would do.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn preview_force_logout(
        &self,
        user_id: i64,
        moment: ForceLogoutMoment,
    ) -> Result<ForceLogoutPreview<LoginCounts>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = site::get_site(&mut on).await?.standing();
        let user = users::find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let locked = Locked { user, site, now };
        let date = match moment {
            ForceLogoutMoment::At(at) if at > now => {
                let logins = self.count_logins(&mut on, &locked, locked.force_logout_date_now()).await?;
                return Ok(ForceLogoutPreview::Scheduled { at, logins });
            }
            ForceLogoutMoment::At(at) => date_of_moment(&mut on, &locked.user, at).await?,
            ForceLogoutMoment::Now => locked.force_logout_date_now(),
        };
        let standing = standing_date(&mut on, &locked.user, now).await?;
        if let Some(standing) = standing.filter(|standing| date < *standing) {
            return Ok(ForceLogoutPreview::Unchanged { date: standing });
        }
        let logins = self.count_logins(&mut on, &locked, date).await?;
        Ok(ForceLogoutPreview::Ends { date, logins })
    }

    /// What a force logout of everyone would do.
    ///
    /// # Errors
    /// When the database does not answer.
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
            ForceLogoutMoment::At(at) => everyones_date_of_moment(&mut on, at).await?,
            ForceLogoutMoment::Now => everyones_date_now(&mut on, site, now).await?,
        };
        let due = match site.force_logout_scheduled.filter(|at| *at <= now) {
            Some(due) => Some(everyones_date_of_moment(&mut on, due).await?),
            None => None,
        };
        if let Some(standing) = site.force_logout_date.max(due).filter(|standing| date < *standing) {
            return Ok(ForceLogoutPreview::Unchanged { date: standing });
        }
        let logins = self.count_everyones(&mut on, (site, now), date).await?;
        Ok(ForceLogoutPreview::Ends { date, logins })
    }

    async fn count_everyones(
        &self,
        on: &mut impl Sql,
        (site, now): (SiteStanding, Moment),
        up_to: Moment,
    ) -> Result<EveryonesLogins> {
        let live = self.live_by_role(site, now);
        let (all, sessions_estimated) = count_live_sessions(on, &live).await?;
        let since = |live: LiveAfter| live.and_after(Some(up_to), None, now);
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

/// The date of an account that stands once what is due is folded in.
async fn standing_date(on: &mut impl Sql, user: &User, now: Moment) -> Result<Option<Moment>> {
    let due = match user.force_logout_scheduled.filter(|at| *at <= now) {
        Some(due) => Some(date_of_moment(on, user, due).await?),
        None => None,
    };
    Ok(user.force_logout_date.max(due))
}
