//! The numbers on the staff's first page.

use super::sessions::count_live_site_logins;
use crate::{
    domain::{
        logins::{
            kind::LoginClass,
            live::{LiveAfter, LiveByRole},
        },
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{Engine, fetch_all, fetch_one, from_row::from_row, in_time},
        events::EventKind,
        logins::by_hour::LOGIN_KINDS,
    },
};

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// Accounts.
    pub users: i64,
    /// Whether that number is the database's estimate.
    pub users_estimated: bool,
    /// Accounts with a role.
    pub staff: i64,
    /// Accounts whose person may not log in.
    pub inactive: i64,
    /// Live sessions.
    pub live_sessions: i64,
    /// Whether that number may hold some that a hand has ended and nobody has noted yet.
    pub live_sessions_estimated: bool,
    /// Logins since a moment.
    pub logins: i64,
    /// Failed logins since a moment.
    pub failed_logins: i64,
}

/// A force logout to come.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// Whose.
    pub id: i64,
    /// Their name.
    pub username: String,
    /// When.
    pub at: Moment,
    /// What they will be told.
    pub user_reason: Option<String>,
}

from_row!(Scheduled { id, username, at, user_reason });

/// Beyond this many accounts Postgres is asked for its estimate: counting rows there reads all of them.
const COUNT_UP_TO: i64 = 50_000;

/// Up to so many sessions are counted where nobody may wait.
pub const FEW_SESSIONS: i64 = 1_000;

/// Up to this many sessions are judged one by one; beyond it they are counted by their own row.
const JUDGE_UP_TO: i64 = 10_000;

/// Counts what the overview shows.
///
/// # Errors
/// When the database does not answer.
pub async fn get_counts(on: &mut impl Sql, since: Moment, live: &LiveByRole) -> Result<Counts> {
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

/// How many sessions are live, and whether that number may hold some that nobody has noted as ended yet.
///
/// # Errors
/// When the database does not answer.
pub async fn count_live_sessions(on: &mut impl Sql, live: &LiveByRole) -> Result<(i64, bool)> {
    let judged = count_live_site_logins(on, LoginClass::Sessions, live, None, JUDGE_UP_TO + 1).await?;
    if judged <= JUDGE_UP_TO {
        return Ok((judged, false));
    }
    let sessions = "
        SELECT COUNT(*) FROM curfew_logins
        WHERE kind = 'browser' AND ended_at IS NULL AND login_date > $1 AND opened_at > $2 AND last_seen > $3";
    let (login, opened, seen) = of_sessions(&live.member);
    let (counted,) = fetch_one!(on, (i64,), sessions, login, opened, seen)?;
    Ok((counted, true))
}

/// What the columns of a live session must be later than.
fn of_sessions(live: &LiveAfter) -> (Moment, Moment, Moment) {
    (live.session_login(), live.opened.max(live.session_opened), live.session_seen)
}

/// How many sessions are live, where they are at most [`FEW_SESSIONS`].
///
/// # Errors
/// When the database does not answer.
pub async fn count_few_live_sessions(on: &mut impl Sql, live: &LiveByRole) -> Result<Option<i64>> {
    let some = "
        SELECT COUNT(*) FROM (
            SELECT 1 FROM curfew_logins
            WHERE kind = 'browser' AND ended_at IS NULL AND login_date > $1 AND opened_at > $2 AND last_seen > $3
            LIMIT $4) AS found";
    let (of_members, of_staff) = (of_sessions(&live.member), of_sessions(&live.staff));
    let (login, opened) = (of_members.0.min(of_staff.0), of_members.1.min(of_staff.1));
    let seen = of_members.2.min(of_staff.2);
    let (found,) = fetch_one!(on, (i64,), some, login, opened, seen, FEW_SESSIONS + 1)?;
    match found {
        0 => return Ok(Some(0)),
        many if many > FEW_SESSIONS => return Ok(None),
        _ => {}
    }
    Ok(Some(count_live_site_logins(on, LoginClass::Sessions, live, None, FEW_SESSIONS).await?))
}

async fn count_events(on: &mut impl Sql, kind: EventKind, since: Moment) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM curfew_events WHERE kind = $1 AND at > $2";
    let (count,) = fetch_one!(on, (i64,), sql, kind.code(), since)?;
    Ok(count)
}

async fn count_users(on: &mut impl Sql) -> Result<(i64, bool)> {
    if let Engine::Postgres(connection) = on.engine() {
        let sql = "SELECT reltuples::BIGINT FROM pg_class WHERE oid = 'curfew_users'::regclass";
        let estimate: i64 = in_time(sqlx::query_scalar(sql).fetch_one(connection)).await?;
        if estimate > COUNT_UP_TO {
            return Ok((estimate, true));
        }
    }
    let (count,) = fetch_one!(on, (i64,), "SELECT COUNT(*) FROM curfew_users")?;
    Ok((count, false))
}

/// The next force logouts to come, the soonest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_scheduled(on: &mut impl Sql, limit: i64) -> Result<Vec<Scheduled>> {
    let sql = "
        SELECT id, username, force_logout_scheduled AS at, force_logout_scheduled_user_reason AS user_reason
        FROM curfew_users WHERE force_logout_scheduled IS NOT NULL ORDER BY force_logout_scheduled, id LIMIT $1";
    Ok(fetch_all!(on, Scheduled, sql, limit)?)
}
