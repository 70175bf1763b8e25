//! The numbers on the staff overview.

use super::live_logins::count_live_site_logins;
use crate::{
    domain::{
        event_kind::EventKind,
        logins::{
            kind::LoginClass,
            live::{LiveAfter, LiveByRole},
        },
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{Engine, fetch_all, fetch_one, from_row::from_row, with_timeout},
        logins::by_hour::LOGIN_KINDS,
    },
};

/// The overview's counts.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// Accounts.
    pub users: i64,
    /// Whether `users` is the database's estimate.
    pub users_estimated: bool,
    /// Staff and superusers.
    pub staff: i64,
    /// Inactive accounts.
    pub inactive: i64,
    /// Live sessions.
    pub live_sessions: i64,
    /// Whether `live_sessions` may include sessions that have ended, but whose rows do not say so yet.
    pub live_sessions_estimated: bool,
    /// Logins in the period.
    pub logins: i64,
    /// Failed logins in the period.
    pub failed_logins: i64,
}

/// A scheduled force logout of one account.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The user's id.
    pub id: i64,
    /// The username.
    pub username: String,
    /// When it comes due.
    pub at: Moment,
    /// The reason that the user will see.
    pub user_reason: Option<String>,
}

from_row!(Scheduled { id, username, at, user_reason });

/// Above this many accounts, Postgres's estimate is used: an exact count reads every row.
const COUNT_UP_TO: i64 = 50_000;

/// At most this many sessions are counted where the caller must not wait.
pub const FEW_SESSIONS: i64 = 1_000;

/// Up to this many sessions are judged by the full rule. If there are more, all are counted by their own rows alone.
const JUDGE_UP_TO: i64 = 10_000;

/// Counts what the overview shows. Logins are counted after `since`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn get_counts(on: &mut dyn Sql, since: Moment, live: &LiveByRole) -> Result<Counts> {
    let (users, users_estimated) = count_users(on).await?;
    let (staff,) = fetch_one!(on, (i64,), "SELECT COUNT(*) FROM curfew_users WHERE is_staff OR is_superuser")?;
    let inactive = "SELECT COUNT(*) FROM curfew_users WHERE NOT is_active AND (deactivated_until IS NULL OR deactivated_until > $1)";
    let (inactive,) = fetch_one!(on, (i64,), inactive, live.now)?;
    let (live_sessions, live_sessions_estimated) = count_live_sessions(on, live).await?;
    let mut logins = 0;
    for kind in LOGIN_KINDS {
        logins += count_events(on, kind, since).await?;
    }
    let failed_logins = count_events(on, EventKind::LoginFailed, since).await?;
    Ok(Counts {
        users,
        users_estimated,
        staff,
        inactive,
        live_sessions,
        live_sessions_estimated,
        logins,
        failed_logins,
    })
}

/// Counts the live sessions. Also returns whether the count may include sessions that have ended, but whose rows do not
/// say so yet.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_live_sessions(on: &mut dyn Sql, live: &LiveByRole) -> Result<(i64, bool)> {
    let judged = count_live_site_logins(on, LoginClass::Sessions, live, None, JUDGE_UP_TO + 1).await?;
    if judged <= JUDGE_UP_TO {
        return Ok((judged, false));
    }
    let sessions = "
        SELECT COUNT(*) FROM curfew_logins
        WHERE kind = 'browser' AND ended_at IS NULL AND login_date > $1 AND opened_at > $2 AND last_seen > $3";
    let (login, opened, seen) = session_bounds(&live.member);
    let (counted,) = fetch_one!(on, (i64,), sessions, login, opened, seen)?;
    Ok((counted, true))
}

/// What `login_date`, `opened_at` and `last_seen` of a live session must be later than.
fn session_bounds(live: &LiveAfter) -> (Moment, Moment, Moment) {
    (live.session_login(), live.opened.max(live.session_opened), live.session_seen)
}

/// Counts the live sessions. Returns `None` if there are more than [`FEW_SESSIONS`].
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_few_live_sessions(on: &mut dyn Sql, live: &LiveByRole) -> Result<Option<i64>> {
    // The inner limit is an optimization fence: right after a force logout of everyone, no login is dated later, while a
    // million may have been opened or seen lately.
    let sql = "
        SELECT COUNT(*) FROM (
            SELECT 1 FROM (
                SELECT opened_at, last_seen FROM curfew_logins
                WHERE kind = 'browser' AND ended_at IS NULL AND login_date > $1
                ORDER BY login_date LIMIT 9223372036854775807) AS dated_later
            WHERE opened_at > $2 AND last_seen > $3
            LIMIT $4) AS found";
    let (of_members, of_staff) = (session_bounds(&live.member), session_bounds(&live.staff));
    let (login, opened) = (of_members.0.min(of_staff.0), of_members.1.min(of_staff.1));
    let seen = of_members.2.min(of_staff.2);
    let (found,) = fetch_one!(on, (i64,), sql, login, opened, seen, FEW_SESSIONS + 1)?;
    match found {
        0 => return Ok(Some(0)),
        many if many > FEW_SESSIONS => return Ok(None),
        _ => {}
    }
    Ok(Some(count_live_site_logins(on, LoginClass::Sessions, live, None, FEW_SESSIONS).await?))
}

async fn count_events(on: &mut dyn Sql, kind: EventKind, since: Moment) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM curfew_events WHERE kind = $1 AND at > $2";
    let (count,) = fetch_one!(on, (i64,), sql, kind.code(), since)?;
    Ok(count)
}

async fn count_users(on: &mut dyn Sql) -> Result<(i64, bool)> {
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let sql = "SELECT reltuples::BIGINT FROM pg_class WHERE oid = 'curfew_users'::regclass";
        let estimate: i64 = with_timeout(sqlx::query_scalar(sql).fetch_one(connection)).await?;
        if estimate > COUNT_UP_TO {
            return Ok((estimate, true));
        }
    }
    let (count,) = fetch_one!(on, (i64,), "SELECT COUNT(*) FROM curfew_users")?;
    Ok((count, false))
}

/// The accounts' scheduled force logouts, soonest first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_scheduled(on: &mut dyn Sql, limit: i64) -> Result<Vec<Scheduled>> {
    let sql = "
        SELECT id, username, force_logout_scheduled AS at, force_logout_scheduled_user_reason AS user_reason
        FROM curfew_users WHERE force_logout_scheduled IS NOT NULL ORDER BY force_logout_scheduled, id LIMIT $1";
    Ok(fetch_all!(on, Scheduled, sql, limit)?)
}
