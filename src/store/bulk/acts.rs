//! Acts on many users as staff follow them: what was promised, and how far each has come.

use crate::{
    domain::{
        logins::{counts::LoginCounts, session_secret::SessionId},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{execute, fetch_one, fetch_optional, from_row::from_row},
    },
};

/// An act on many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRecord {
    /// Its public name.
    pub id: String,
    /// The number of whoever acts.
    pub actor_id: Option<i64>,
    /// Their name.
    pub actor: String,
    /// What is done; see [`crate::domain::bulk::BulkAction::code`].
    pub action: String,
    /// The users it was to be done to.
    pub promised_users: i64,
    /// The live sessions that were to end.
    pub promised_sessions: i64,
    /// The live tokens that were to end.
    pub promised_tokens: i64,
    /// The users that it passed over.
    pub skipped: i64,
    /// The users it has been done to by now.
    pub users_done: i64,
    /// The live sessions that have ended by now.
    pub sessions_ended: i64,
    /// The live tokens that have ended by now.
    pub tokens_ended: i64,
    /// When it began.
    pub started_at: Moment,
    /// When it came this far.
    pub updated_at: Moment,
    /// When it ended, however it did.
    pub ended_at: Option<Moment>,
    /// Why it did not come to its end.
    pub failure: Option<String>,
}

from_row!(BulkRecord {
    id,
    actor_id,
    actor,
    action,
    promised_users,
    promised_sessions,
    promised_tokens,
    skipped,
    users_done,
    sessions_ended,
    tokens_ended,
    started_at,
    updated_at,
    ended_at,
    failure
});

/// Keeps an act that begins; says whether it is a new one.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_bulk_record(on: &mut impl Sql, act: &BulkRecord) -> Result<bool> {
    let sql = "
        INSERT INTO curfew_bulk_actions (id, actor_id, actor, action, promised_users, promised_sessions, promised_tokens, skipped,
                               users_done, sessions_ended, tokens_ended, started_at, updated_at, ended_at, failure)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (id) DO NOTHING";
    let inserted = execute!(
        on,
        sql,
        &act.id,
        act.actor_id,
        &act.actor,
        &act.action,
        act.promised_users,
        act.promised_sessions,
        act.promised_tokens,
        act.skipped,
        act.users_done,
        act.sessions_ended,
        act.tokens_ended,
        act.started_at,
        act.updated_at,
        act.ended_at,
        act.failure.as_deref(),
    )?;
    Ok(inserted > 0)
}

/// The act of that name.
///
/// # Errors
/// When the database does not answer.
pub async fn find_bulk_record(on: &mut impl Sql, id: &SessionId) -> Result<Option<BulkRecord>> {
    let sql = "
        SELECT id, actor_id, actor, action, promised_users, promised_sessions, promised_tokens, skipped, users_done,
               sessions_ended, tokens_ended, started_at, updated_at, ended_at, failure
        FROM curfew_bulk_actions WHERE id = $1";
    Ok(fetch_optional!(on, BulkRecord, sql, id.as_str())?)
}

/// Whether an act on many is being carried out, which has made progress since that moment.
///
/// # Errors
/// When the database does not answer.
pub async fn is_bulk_action_running(on: &mut impl Sql, since: Moment) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM curfew_bulk_actions WHERE ended_at IS NULL AND updated_at > $1";
    let (acts,) = fetch_one!(on, (i64,), sql, since)?;
    Ok(acts > 0)
}

/// Adds what a batch has done, in its transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn add_to_bulk_record(
    on: &mut impl Sql,
    id: &str,
    (users, ended): (u64, LoginCounts),
    now: Moment,
) -> Result<()> {
    let sql = "
        UPDATE curfew_bulk_actions SET users_done = users_done + $2, sessions_ended = sessions_ended + $3,
               tokens_ended = tokens_ended + $4, updated_at = $5
        WHERE id = $1";
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    execute!(on, sql, id, count(users), count(ended.sessions), count(ended.tokens), now)?;
    Ok(())
}

/// Notes that an act has ended, and why, where it did not come to its end.
///
/// # Errors
/// When the database does not answer.
pub async fn set_bulk_record_ended(on: &mut impl Sql, id: &str, now: Moment, failure: Option<&str>) -> Result<()> {
    let sql = "UPDATE curfew_bulk_actions SET updated_at = $2, ended_at = $2, failure = $3 WHERE id = $1";
    execute!(on, sql, id, now, failure)?;
    Ok(())
}

/// Forgets the acts that began at that moment or before; says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_bulk_acts(on: &mut impl Sql, up_to: Moment) -> Result<u64> {
    Ok(execute!(on, "DELETE FROM curfew_bulk_actions WHERE started_at <= $1", up_to)?)
}
