//! The records of bulk actions: what the confirmation page promised, and how far each action has come.

use crate::{
    domain::{
        logins::{counts::LoginCounts, public_id::PublicId},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{execute, fetch_one, fetch_optional, from_row::from_row},
    },
};

/// The record of a bulk action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRecord {
    /// Its public id.
    pub id: String,
    /// The acting user's id; none at the command line.
    pub actor_id: Option<i64>,
    /// The acting user's name.
    pub actor: String,
    /// The action's code; see [`crate::domain::bulk::BulkAction::code`].
    pub action: String,
    /// How many users the confirmation page promised.
    pub promised_users: i64,
    /// How many live sessions the confirmation page promised to end.
    pub promised_sessions: i64,
    /// How many live tokens the confirmation page promised to end.
    pub promised_tokens: i64,
    /// How many users are skipped.
    pub skipped: i64,
    /// How many users are done so far.
    pub users_done: i64,
    /// How many live sessions it has ended so far.
    pub sessions_ended: i64,
    /// How many live tokens it has ended so far.
    pub tokens_ended: i64,
    /// When it started.
    pub started_at: Moment,
    /// When it last made progress.
    pub updated_at: Moment,
    /// When it ended, completed or not.
    pub ended_at: Option<Moment>,
    /// Why it stopped early.
    pub failure: Option<String>,
    /// The time of a force logout, if it is not now.
    pub force_logout_at: Option<Moment>,
    /// The end of a deactivation.
    pub deactivated_until: Option<Moment>,
    /// The event of the whole action, which its receipts are for.
    pub event_id: Option<i64>,
    /// The reason for staff, in the event.
    pub staff_reason: Option<String>,
    /// The reason for the users, in the event.
    pub user_reason: Option<String>,
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
    failure,
    force_logout_at,
    deactivated_until,
    event_id,
    staff_reason,
    user_reason
});

/// Inserts the record of a bulk action that starts, without its event. Returns whether its id is new.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_bulk_record(on: &mut dyn Sql, record: &BulkRecord) -> Result<bool> {
    let sql = "
        INSERT INTO curfew_bulk_actions (id, actor_id, actor, action, promised_users, promised_sessions, promised_tokens, skipped,
                               users_done, sessions_ended, tokens_ended, started_at, updated_at, ended_at, failure,
                               force_logout_at, deactivated_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (id) DO NOTHING";
    let inserted = execute!(
        on,
        sql,
        &record.id,
        record.actor_id,
        &record.actor,
        &record.action,
        record.promised_users,
        record.promised_sessions,
        record.promised_tokens,
        record.skipped,
        record.users_done,
        record.sessions_ended,
        record.tokens_ended,
        record.started_at,
        record.updated_at,
        record.ended_at,
        record.failure.as_deref(),
        record.force_logout_at,
        record.deactivated_until,
    )?;
    Ok(inserted > 0)
}

/// Sets the event of a bulk action that starts.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_bulk_event(on: &mut dyn Sql, id: &PublicId, event_id: i64) -> Result<()> {
    execute!(on, "UPDATE curfew_bulk_actions SET event_id = $2 WHERE id = $1", id.as_str(), event_id)?;
    Ok(())
}

/// Finds the record with this id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_bulk_record(on: &mut dyn Sql, id: &PublicId) -> Result<Option<BulkRecord>> {
    let sql = "
        SELECT b.id, b.actor_id, b.actor, b.action, b.promised_users, b.promised_sessions, b.promised_tokens, b.skipped,
               b.users_done, b.sessions_ended, b.tokens_ended, b.started_at, b.updated_at, b.ended_at, b.failure,
               b.force_logout_at, b.deactivated_until, b.event_id, e.staff_reason, e.user_reason
        FROM curfew_bulk_actions b LEFT JOIN curfew_events e ON e.id = b.event_id WHERE b.id = $1";
    Ok(fetch_optional!(on, BulkRecord, sql, id.as_str())?)
}

/// Whether any bulk action is running that has made progress after `since`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn is_bulk_action_running(on: &mut dyn Sql, since: Moment) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM curfew_bulk_actions WHERE ended_at IS NULL AND updated_at > $1";
    let (running,) = fetch_one!(on, (i64,), sql, since)?;
    Ok(running > 0)
}

/// Adds the counts of a batch, in the transaction of that batch.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn add_to_bulk_record(
    on: &mut dyn Sql,
    id: &PublicId,
    (users, ended): (u64, LoginCounts),
    now: Moment,
) -> Result<()> {
    let sql = "
        UPDATE curfew_bulk_actions SET users_done = users_done + $2, sessions_ended = sessions_ended + $3,
               tokens_ended = tokens_ended + $4, updated_at = $5
        WHERE id = $1";
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    execute!(on, sql, id.as_str(), count(users), count(ended.sessions), count(ended.tokens), now)?;
    Ok(())
}

/// Records that a bulk action has ended, and why if it stopped early.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_bulk_record_ended(on: &mut dyn Sql, id: &str, now: Moment, failure: Option<&str>) -> Result<()> {
    let sql = "UPDATE curfew_bulk_actions SET updated_at = $2, ended_at = $2, failure = $3 WHERE id = $1";
    execute!(on, sql, id, now, failure)?;
    Ok(())
}

/// Deletes the records of bulk actions that started at `up_to` or earlier. Returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_bulk_records(on: &mut dyn Sql, up_to: Moment) -> Result<u64> {
    Ok(execute!(on, "DELETE FROM curfew_bulk_actions WHERE started_at <= $1", up_to)?)
}
