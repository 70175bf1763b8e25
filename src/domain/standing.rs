//! The one rule: is this login still good, and if not, why not?
//!
//! The cookie's guard asks it on every request, and every other door must ask it too. A login that
//! no check refuses is good; the order of the checks only decides which reason is given.

use std::time::Duration;

use chrono::TimeDelta;

use super::{moment::Moment, reason::EndReason};

/// What the rule knows of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account's id.
    pub user_id: i64,
    /// Whether its person may log in.
    pub is_active: bool,
    /// Logins made at this moment or before are out.
    pub force_logout_date: Option<Moment>,
    /// What set the date; none reads as a force logout by staff.
    pub force_logout_cause: Option<EndReason>,
    /// A force logout to come: logins that were opened at this moment or before are out once it is due.
    pub force_logout_scheduled: Option<Moment>,
}

/// What the rule knows of the whole site ("everyone out").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SiteStanding {
    /// Logins made at this moment or before are out.
    pub force_logout_date: Option<Moment>,
    /// The same, once it is due.
    pub force_logout_scheduled: Option<Moment>,
}

/// What the rule knows of a login's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// The account that it logs in.
    pub user_id: i64,
    /// Why it ended by itself, if it did.
    pub ended: Option<EndReason>,
    /// When it was opened, by the clock: its age is counted from then.
    pub opened_at: Moment,
    /// The last request that its person made.
    pub last_seen: Moment,
}

/// How long a login lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From its login.
    pub lifetime: Duration,
    /// Without a request.
    pub idle: Duration,
}

/// One question to the rule.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The account that the login names.
    pub user_id: i64,
    /// `LAST_LOGIN_DATE`: whether the login came before a force logout. It may lie ahead of the clock, so that no
    /// age is counted from it.
    pub login_date: Moment,
    /// The account, if it still exists.
    pub account: Option<&'a Standing>,
    /// The site's own standing.
    pub site: &'a SiteStanding,
    /// The login's own row, if it is still kept.
    pub login: Option<&'a LoginState>,
    /// How long it may last.
    pub limits: Limits,
    /// The time.
    pub now: Moment,
}

/// Accepts a login, or says why it is no longer good.
///
/// # Errors
/// The first reason to refuse, in the order in which a person would want to hear them.
pub fn check(question: &Question<'_>) -> Result<(), EndReason> {
    CHECKS.iter().find_map(|check| check(question)).map_or(Ok(()), Err)
}

type Check = fn(&Question<'_>) -> Option<EndReason>;

/// A login that ended by itself comes before the account's causes: it ended first, for that reason.
/// One that is not known any more comes after them: they still tell why, when it has been purged.
/// Everyone out writes into no login, so that what came after it for the account alone, such as a
/// deactivation, is not taken for what ended the login.
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

/// Purged, or never the account's: there is nothing left that could vouch for the login.
fn login_is_unknown(q: &Question<'_>) -> Option<EndReason> {
    q.login.is_none_or(|login| login.user_id != q.user_id).then_some(EndReason::Expired)
}

fn login_is_too_old(q: &Question<'_>) -> Option<EndReason> {
    has_passed(q.now - q.login?.opened_at, q.limits.lifetime).then_some(EndReason::Expired)
}

fn login_was_idle(q: &Question<'_>) -> Option<EndReason> {
    let since = q.now - q.login?.last_seen;
    has_passed(since, q.limits.idle).then_some(EndReason::Idle)
}

/// Equal is out: a login and a force logout in the same microsecond end with the login out.
fn is_out(login_date: Moment, force_logout_date: Option<Moment>) -> bool {
    force_logout_date.is_some_and(|date| login_date <= date)
}

fn is_due(q: &Question<'_>, scheduled: Option<Moment>) -> bool {
    let opened_at = q.login.map_or(q.login_date, |login| login.opened_at);
    scheduled.is_some_and(|date| date <= q.now && opened_at <= date)
}

fn has_passed(elapsed: TimeDelta, limit: Duration) -> bool {
    // A limit beyond what a delta holds is 292,000 years: no limit.
    TimeDelta::from_std(limit).is_ok_and(|limit| elapsed >= limit)
}

#[cfg(test)]
#[path = "standing_properties.rs"]
mod properties;
