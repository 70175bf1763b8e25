//! Which logins are live: the one rule in a form that a database query can use.
//!
//! [`crate::domain::standing::check`] judges one login. A query judges many: it compares their columns with a few
//! timestamps instead. A property test keeps the two equal: an active account's live logins are exactly those that the
//! rule accepts.

use std::time::Duration;

use super::kind::LoginKind;
use crate::domain::{
    moment::{Moment, moment_before},
    standing::{Limits, SiteStanding},
};

/// The timestamps that a login's columns must be later than for the login to be live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveAfter {
    /// For `LAST_LOGIN_DATE`: the latest force logout of the account or the site.
    pub login: Moment,
    /// For the opening time: the latest scheduled force logout that is due.
    pub opened: Moment,
    /// For the opening time of a session: now, minus the lifetime.
    pub session_opened: Moment,
    /// For the last request of a session: now, minus the idle timeout.
    pub session_seen: Moment,
    /// For the expiry of an opaque token: now.
    pub expiry: Moment,
    /// For the expiry of a JWT family: now, minus the leeway.
    pub family_expiry: Moment,
}

/// The columns of a login's row that decide whether the login is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// The kind of login.
    pub kind: LoginKind,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// When the login was opened, by the site's clock.
    pub opened_at: Moment,
    /// The time of the last request. `None` for a token that was never used.
    pub last_seen: Option<Moment>,
    /// When the token expires. `None` for a session.
    pub expires_at: Option<Moment>,
}

impl LiveAfter {
    /// What the site's standing and a role's session limits require.
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
        earliest.with_force_logout(site.force_logout_date, site.force_logout_scheduled, now)
    }

    /// Adds another force logout, done or scheduled, such as the account's.
    #[must_use]
    pub fn with_force_logout(self, done: Option<Moment>, scheduled: Option<Moment>, now: Moment) -> Self {
        let due = scheduled.filter(|at| *at <= now);
        Self {
            login: done.into_iter().fold(self.login, Moment::max),
            opened: due.into_iter().fold(self.opened, Moment::max),
            ..self
        }
    }

    /// Extends the idle timeout of sessions by `lag`.
    #[must_use]
    pub fn with_lag(self, lag: Duration) -> Self {
        Self { session_seen: moment_before(self.session_seen, lag), ..self }
    }

    /// The timestamp that a live session's `LAST_LOGIN_DATE` must be later than. A `LAST_LOGIN_DATE` is never earlier
    /// than the opening time, so a scan in its order can stop here.
    #[must_use]
    pub fn session_login(&self) -> Moment {
        self.login.max(self.opened).max(self.session_opened)
    }

    /// Whether a login with these dates is live, unless it was ended individually.
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

/// The [`LiveAfter`] of every role, for queries over the whole site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveByRole {
    /// For logins of members.
    pub member: LiveAfter,
    /// For logins of staff and superusers. Differs from `member` only in the limits of sessions.
    pub staff: LiveAfter,
    /// The current time.
    pub now: Moment,
}

impl LiveByRole {
    /// On a site without limits, and without a force logout of everyone.
    #[must_use]
    pub fn unlimited(now: Moment) -> Self {
        let limits = Limits { lifetime: Duration::MAX, idle: Duration::MAX };
        let all = LiveAfter::of_site(&SiteStanding::default(), limits, Duration::ZERO, now);
        Self { member: all, staff: all, now }
    }
}

#[cfg(test)]
#[path = "live_properties.rs"]
mod properties;
