//! The one rule: is this login still good, and if not, why not?
//!
//! The cookie guard asks it on every request, and every other way into the site must ask it too. A login that no check
//! refuses is good. The order of the checks only decides which reason is given.

use std::time::Duration;

use chrono::TimeDelta;

use super::{moment::Moment, reason::EndReason};

/// What the rule knows about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account's id.
    pub user_id: i64,
    /// Whether the user may log in.
    pub is_active: bool,
    /// Logins whose `LAST_LOGIN_DATE` is at or before this time are out.
    pub force_logout_date: Option<Moment>,
    /// What set that date. `None` means a force logout by staff.
    pub force_logout_cause: Option<EndReason>,
    /// A scheduled force logout: from this time on, logins that were opened at or before it are out.
    pub force_logout_scheduled: Option<Moment>,
}

/// What the rule knows about the whole site ("everyone out").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SiteStanding {
    /// As [`Standing::force_logout_date`], for all accounts.
    pub force_logout_date: Option<Moment>,
    /// As [`Standing::force_logout_scheduled`], for all accounts.
    pub force_logout_scheduled: Option<Moment>,
}

/// What the rule knows about the login's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// The account that the login belongs to.
    pub user_id: i64,
    /// Why this one login was ended, if it was.
    pub ended: Option<EndReason>,
    /// When the login was opened, by the site's clock. Its lifetime counts from here.
    pub opened_at: Moment,
    /// The time of the login's last request. Its idle timeout counts from here.
    pub last_seen: Moment,
}

/// How long a login lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The lifetime, from when the login was opened.
    pub lifetime: Duration,
    /// The idle timeout, from the last request.
    pub idle: Duration,
}

/// Everything that the rule decides by.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The account that the cookie or token names.
    pub user_id: i64,
    /// `LAST_LOGIN_DATE`, which is compared with force-logout dates and nothing else. It may be in the future, so it
    /// must not be used to compute an age.
    pub login_date: Moment,
    /// The account, if it still exists.
    pub account: Option<&'a Standing>,
    /// The standing of the whole site.
    pub site: &'a SiteStanding,
    /// The login's row, if it has not been purged.
    pub login: Option<&'a LoginState>,
    /// The lifetime and idle timeout of the login.
    pub limits: Limits,
    /// The current time.
    pub now: Moment,
}

/// Accepts a login, or says why it is no longer good.
///
/// # Errors
/// Returns the first reason that applies, in the order in which a user would want to know them.
pub fn check(question: &Question<'_>) -> Result<(), EndReason> {
    CHECKS.iter().find_map(|check| check(question)).map_or(Ok(()), Err)
}

type Check = fn(&Question<'_>) -> Option<EndReason>;

/// The order in which the reasons are considered:
///
/// - A login that was ended individually comes before the account's causes, because it ended first.
/// - A login whose row was purged comes after the account's causes, because they still explain why it ended.
/// - "Everyone out" changes no login's row. If it happened before the account's own force logout, it comes before the
///   account's causes, so that a later deactivation is not reported as what ended the login.
const CHECKS: [Check; 9] = [
    account_is_gone,
    login_ended,
    everyone_was_forced_out_first,
    account_is_inactive,
    account_was_forced_out,
    everyone_was_forced_out,
    login_is_unknown,
    login_is_too_old,
    login_was_idle,
];

fn account_is_gone(q: &Question<'_>) -> Option<EndReason> {
    q.account.is_none_or(|account| account.user_id != q.user_id).then_some(EndReason::Deleted)
}

fn login_ended(q: &Question<'_>) -> Option<EndReason> {
    q.login.filter(|login| login.user_id == q.user_id)?.ended
}

fn everyone_was_forced_out_first(q: &Question<'_>) -> Option<EndReason> {
    let (everyones, own) = (q.site.force_logout_date?, q.account?.force_logout_date?);
    (q.login_date <= everyones && everyones <= own).then_some(EndReason::EveryoneOut)
}

fn account_is_inactive(q: &Question<'_>) -> Option<EndReason> {
    q.account.is_some_and(|account| !account.is_active).then_some(EndReason::Deactivated)
}

fn account_was_forced_out(q: &Question<'_>) -> Option<EndReason> {
    let account = q.account?;
    let cause = account.force_logout_cause.unwrap_or(EndReason::ForcedOut);
    if is_out(q.login_date, account.force_logout_date) {
        Some(cause)
    } else {
        is_due(q, account.force_logout_scheduled).then_some(EndReason::ForcedOut)
    }
}

fn everyone_was_forced_out(q: &Question<'_>) -> Option<EndReason> {
    (is_out(q.login_date, q.site.force_logout_date) || is_due(q, q.site.force_logout_scheduled))
        .then_some(EndReason::EveryoneOut)
}

/// The row was purged or belongs to another account, so nothing proves the login any more.
fn login_is_unknown(q: &Question<'_>) -> Option<EndReason> {
    q.login.is_none_or(|login| login.user_id != q.user_id).then_some(EndReason::Expired)
}

fn login_is_too_old(q: &Question<'_>) -> Option<EndReason> {
    has_passed(q.now - q.login?.opened_at, q.limits.lifetime).then_some(EndReason::Expired)
}

fn login_was_idle(q: &Question<'_>) -> Option<EndReason> {
    has_passed(q.now - q.login?.last_seen, q.limits.idle).then_some(EndReason::Idle)
}

/// Equal is out: a force logout also ends a login of the same microsecond.
fn is_out(login_date: Moment, force_logout_date: Option<Moment>) -> bool {
    force_logout_date.is_some_and(|date| login_date <= date)
}

fn is_due(q: &Question<'_>, scheduled: Option<Moment>) -> bool {
    let opened_at = q.login.map_or(q.login_date, |login| login.opened_at);
    scheduled.is_some_and(|date| date <= q.now && opened_at <= date)
}

fn has_passed(elapsed: TimeDelta, limit: Duration) -> bool {
    // A limit that does not fit a `TimeDelta` is longer than 292 million years, so it never passes.
    TimeDelta::from_std(limit).is_ok_and(|limit| elapsed >= limit)
}

#[cfg(test)]
#[path = "standing_properties.rs"]
mod properties;
