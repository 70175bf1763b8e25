//! Which logins are live: the one rule turned around, so that a database can count by it.
//!
//! [`crate::domain::standing::check`] asks about one login. A list, a count and an `UPDATE` ask about many, and compare
//! their columns with a few moments instead. A property holds the two together: of an active account, exactly the
//! logins that the rule accepts are live.

use std::time::Duration;

use super::kind::LoginKind;
use crate::domain::{
    moment::{Moment, moment_before},
    standing::{Limits, SiteStanding},
};

/// The moments that the columns of a login must be later than for it to be live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveAfter {
    /// `LAST_LOGIN_DATE`: the latest force logout of the account and the site.
    pub login: Moment,
    /// When it was opened: the latest scheduled force logout that has come due.
    pub opened: Moment,
    /// When a browser's login was opened: a lifetime ago.
    pub session_opened: Moment,
    /// The latest request of a browser's login: an idle timeout ago.
    pub session_seen: Moment,
    /// The expiry of a token: now.
    pub expiry: Moment,
    /// The expiry of a family of JWT: now, less the leeway.
    pub family_expiry: Moment,
}

/// What of a login's row decides whether it is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// Its kind.
    pub kind: LoginKind,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was opened, by the clock.
    pub opened_at: Moment,
    /// Its latest request; none of a token that was never used.
    pub last_seen: Option<Moment>,
    /// When a token expires.
    pub expires_at: Option<Moment>,
}

impl LiveAfter {
    /// As far as the site decides: for a role whose sessions have these limits.
    #[must_use]
    pub fn of_site(site: &SiteStanding, limits: Limits, leeway: Duration, now: Moment) -> Self {
        let earliest = Self {
            login: Moment::UNIX_EPOCH,
            opened: Moment::UNIX_EPOCH,
            session_opened: moment_before(now, limits.lifetime),
            session_seen: moment_before(now, limits.idle),
            expiry: now,
            family_expiry: moment_before(now, leeway),
        };
        earliest.and_after(site.force_logout_date, site.force_logout_scheduled, now)
    }

    /// The same after another force logout, done or scheduled: the account's.
    #[must_use]
    pub fn and_after(self, done: Option<Moment>, scheduled: Option<Moment>, now: Moment) -> Self {
        let due = scheduled.filter(|at| *at <= now);
        Self {
            login: done.into_iter().fold(self.login, Moment::max),
            opened: due.into_iter().fold(self.opened, Moment::max),
            ..self
        }
    }

    /// The same, with browsers' logins that were last seen this much longer ago.
    #[must_use]
    pub fn with_lag(self, lag: Duration) -> Self {
        Self { session_seen: moment_before(self.session_seen, lag), ..self }
    }

    /// The `LAST_LOGIN_DATE` that a live session must be later than. No login is dated before it was opened, so that
    /// a scan in the order of these dates can stop here.
    #[must_use]
    pub fn session_login(&self) -> Moment {
        self.login.max(self.opened).max(self.session_opened)
    }

    /// Whether a login with these dates is live, unless it was ended by itself.
    #[must_use]
    pub fn includes(&self, dates: &Dates) -> bool {
        let Dates { kind, login_date, opened_at, last_seen, expires_at } = *dates;
        let is_later = |date: Option<Moment>, than| date.is_some_and(|date| date > than);
        login_date > self.login
            && opened_at > self.opened
            && match kind {
                LoginKind::Browser => opened_at > self.session_opened && is_later(last_seen, self.session_seen),
                LoginKind::Opaque => is_later(expires_at, self.expiry),
                LoginKind::Jwt => is_later(expires_at, self.family_expiry),
            }
    }
}

/// The same for the accounts of a whole site: their roles have limits of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveByRole {
    /// Logins of members.
    pub member: LiveAfter,
    /// Logins of staff and superusers. It differs in the limits of sessions alone.
    pub staff: LiveAfter,
    /// When this is asked.
    pub now: Moment,
}

#[cfg(test)]
#[path = "live_properties.rs"]
mod properties;
