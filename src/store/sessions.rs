//! Sessions: each login of a browser, and how it ended.

use super::{
    Result, Sql,
    engine::{execute, fetch_all, fetch_one, fetch_optional},
    from_row::from_row,
    standing::ended,
};
use crate::domain::{
    moment::Moment,
    reason::EndReason,
    reason_text::Reasons,
    session_secret::{SecretHash, SessionId},
};

/// A login that has just been made.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Its public name.
    pub id: &'a SessionId,
    /// Whose it is.
    pub user_id: i64,
    /// The hash of what opens it.
    pub secret_hash: &'a SecretHash,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was made, by the clock.
    pub opened_at: Moment,
    /// From where.
    pub address: &'a str,
    /// With what.
    pub user_agent: &'a str,
}

/// How sessions are ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: &'a str,
    /// Why, as a code.
    pub reason: EndReason,
    /// Why, in words.
    pub reasons: &'a Reasons,
}

/// A session as it is kept.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its public name.
    pub id: String,
    /// Whose it is.
    pub user_id: i64,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// `LAST_LOGIN_DATE`: it may lie ahead of the clock.
    pub login_date: Moment,
    /// When it was made, by the clock.
    pub opened_at: Moment,
    /// Its latest request, within a minute.
    pub last_seen: Moment,
    /// From where it was made.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// When it was ended by itself.
    pub ended_at: Option<Moment>,
    /// By whom.
    pub ended_by: Option<String>,
    reason: Option<String>,
    /// Why, for staff.
    pub staff_reason: Option<String>,
    /// Why, for the user.
    pub user_reason: Option<String>,
}

from_row!(SessionRow {
    id,
    user_id,
    remember,
    login_date,
    opened_at,
    last_seen,
    address,
    user_agent,
    ended_at,
    ended_by,
    reason,
    staff_reason,
    user_reason
});

impl SessionRow {
    /// Why it ended by itself, if it did.
    ///
    /// # Errors
    /// When the word in the row is no reason.
    pub fn ended(&self) -> Result<Option<EndReason>> {
        ended(self.ended_at, self.reason.as_deref())
    }
}

/// The moments that a session must lie after to be live: the rule's limits, turned around.
#[derive(Debug, Clone, Copy)]
pub struct LiveAfter {
    /// Its `LAST_LOGIN_DATE` must be later. No login is dated before it was opened, so this is as late as
    /// `opened` at least, which spares a look at most that are over.
    pub login: Moment,
    /// It must have been opened later, by the clock.
    pub opened: Moment,
    /// Its latest request must be later.
    pub seen: Moment,
}

/// Keeps a new session.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_session(on: &mut impl Sql, new: &NewSession<'_>) -> Result<()> {
    let sql = "
        INSERT INTO sessions (id, user_id, secret_hash, remember, login_date, opened_at, last_seen, address, user_agent)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)";
    execute!(
        on,
        sql,
        new.id.as_str(),
        new.user_id,
        new.secret_hash.as_bytes(),
        new.remember,
        new.login_date,
        new.opened_at,
        new.address,
        new.user_agent,
    )?;
    Ok(())
}

/// Ends the sessions for which that holds and that have not ended yet; how many. The first five
/// values are those of the ending.
macro_rules! end_where {
    ($on:expr, $ending:expr, $conditions:literal $(, $value:expr)* $(,)?) => {{
        let Ending { at, by, reason, reasons } = $ending;
        let sql = concat!(
            "UPDATE sessions SET ended_at = $1, ended_by = $2, reason = $3, staff_reason = $4, user_reason = $5
             WHERE ended_at IS NULL AND ",
            $conditions
        );
        let (staff, user) = (reasons.for_staff.as_deref(), reasons.for_user.as_deref());
        execute!($on, sql, at, by, reason.code(), staff, user $(, $value)*)
    }};
}

/// Ends one session, if it has not ended yet; says whether it did.
///
/// # Errors
/// When the database does not answer.
pub async fn end_session(on: &mut impl Sql, id: &SessionId, ending: Ending<'_>) -> Result<bool> {
    Ok(end_where!(on, ending, "id = $6", id.as_str())? > 0)
}

/// Ends the account's live sessions that were made at `up_to` or before; returns how many.
/// Those that are past their limits are out already, for that reason, and are left alone.
///
/// # Errors
/// When the database does not answer.
pub async fn end_sessions(
    on: &mut impl Sql,
    user_id: i64,
    up_to: Moment,
    live: LiveAfter,
    ending: Ending<'_>,
) -> Result<u64> {
    let LiveAfter { login, opened, seen } = live;
    Ok(end_where!(
        on,
        ending,
        "user_id = $6 AND login_date > $7 AND opened_at > $8 AND last_seen > $9 AND login_date <= $10",
        user_id,
        login,
        opened,
        seen,
        up_to
    )?)
}

/// Ends the account's live sessions but one; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn end_other_sessions(
    on: &mut impl Sql,
    user_id: i64,
    but: &SessionId,
    live: LiveAfter,
    ending: Ending<'_>,
) -> Result<u64> {
    let LiveAfter { login, opened, seen } = live;
    Ok(end_where!(
        on,
        ending,
        "user_id = $6 AND login_date > $7 AND opened_at > $8 AND last_seen > $9 AND id <> $10",
        user_id,
        login,
        opened,
        seen,
        but.as_str()
    )?)
}

/// The account's live sessions with when they were last seen, as it is written: the longest unseen
/// first, those of the same moment by their login. At most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn list_live_by_last_seen(
    on: &mut impl Sql,
    user_id: i64,
    live: LiveAfter,
    limit: i64,
) -> Result<Vec<(SessionId, Moment)>> {
    let LiveAfter { login, opened, seen } = live;
    let sql = "
        SELECT id, last_seen FROM sessions
        WHERE user_id = $1 AND ended_at IS NULL AND login_date > $2 AND opened_at > $3 AND last_seen > $4
        ORDER BY last_seen, login_date, id LIMIT $5";
    let rows: Vec<(String, Moment)> = fetch_all!(on, (String, Moment), sql, user_id, login, opened, seen, limit)?;
    Ok(rows.into_iter().map(|(id, last_seen)| (SessionId::from_stored(id), last_seen)).collect())
}

/// How many live sessions of the account were made at `up_to` or before.
///
/// # Errors
/// When the database does not answer.
pub async fn count_live_sessions(on: &mut impl Sql, user_id: i64, up_to: Moment, live: LiveAfter) -> Result<i64> {
    let sql = "
        SELECT COUNT(*) FROM sessions
        WHERE user_id = $1 AND ended_at IS NULL AND login_date <= $2 AND login_date > $3 AND opened_at > $4
          AND last_seen > $5";
    let (count,): (i64,) = fetch_one!(on, (i64,), sql, user_id, up_to, live.login, live.opened, live.seen)?;
    Ok(count)
}

/// Reads [`SessionRow`]s for which that holds.
macro_rules! sessions_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, remember, login_date, opened_at, last_seen, address, user_agent,
                    ended_at, ended_by, reason, staff_reason, user_reason
             FROM sessions WHERE ",
            $rest
        )
    };
}

/// The account's live sessions, those that were seen last first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_live_sessions(
    on: &mut impl Sql,
    user_id: i64,
    live: LiveAfter,
    limit: i64,
) -> Result<Vec<SessionRow>> {
    let sql = sessions_where!(
        "user_id = $1 AND ended_at IS NULL AND login_date > $2 AND opened_at > $3 AND last_seen > $4
         ORDER BY last_seen DESC, id LIMIT $5"
    );
    Ok(fetch_all!(on, SessionRow, sql, user_id, live.login, live.opened, live.seen, limit)?)
}

/// A session, by its public name.
///
/// # Errors
/// When the database does not answer.
pub async fn find_session(on: &mut impl Sql, id: &SessionId) -> Result<Option<SessionRow>> {
    let sql = sessions_where!("id = $1");
    Ok(fetch_optional!(on, SessionRow, sql, id.as_str())?)
}

/// The account's latest sessions, the newest first, ended ones among them.
///
/// # Errors
/// When the database does not answer.
pub async fn list_sessions(on: &mut impl Sql, user_id: i64, limit: i64) -> Result<Vec<SessionRow>> {
    let sql = sessions_where!("user_id = $1 ORDER BY login_date DESC, opened_at DESC, id LIMIT $2");
    Ok(fetch_all!(on, SessionRow, sql, user_id, limit)?)
}
