//! Sets and clears what ends an account's logins: force logouts and deactivations.

use crate::{
    domain::{moment::Moment, reason::EndReason, reason_text::Reasons},
    store::{
        Result, Sql,
        engine::{execute, fetch_all},
    },
};

/// Ends the account's logins dated at or before `date`. The caller must have locked the row and checked that the
/// date does not move back.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_date(
    on: &mut dyn Sql,
    id: i64,
    date: Moment,
    cause: EndReason,
    reasons: &Reasons,
) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET force_logout_date = $2, force_logout_cause = $3,
               force_logout_staff_reason = $4, force_logout_user_reason = $5
        WHERE id = $1";
    execute!(on, sql, id, date, cause.code(), reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Schedules a force logout, replacing the one scheduled before.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_scheduled(
    on: &mut dyn Sql,
    id: i64,
    at: Moment,
    by: &str,
    reasons: &Reasons,
) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET force_logout_scheduled = $2, force_logout_scheduled_by = $3,
               force_logout_scheduled_staff_reason = $4, force_logout_scheduled_user_reason = $5
        WHERE id = $1";
    execute!(on, sql, id, at, by, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Lists at most `limit` ids greater than `after`, ascending, of accounts with something due: a scheduled force
/// logout, or the end of a deactivation.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_due_users(on: &mut dyn Sql, now: Moment, after: i64, limit: i64) -> Result<Vec<i64>> {
    // `+id` keeps SQLite from scanning all accounts by id: few have one of these dates, and those have an index.
    let sql = "
        SELECT id FROM curfew_users WHERE force_logout_scheduled IS NOT NULL AND force_logout_scheduled <= $1 AND +id > $2
        UNION
        SELECT id FROM curfew_users WHERE deactivated_until IS NOT NULL AND deactivated_until <= $1 AND +id > $2
        ORDER BY id LIMIT $3";
    let due: Vec<(i64,)> = fetch_all!(on, (i64,), sql, now, after, limit)?;
    Ok(due.into_iter().map(|(id,)| id).collect())
}

/// Cancels the scheduled force logout.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn clear_force_logout_scheduled(on: &mut dyn Sql, id: i64) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET force_logout_scheduled = NULL, force_logout_scheduled_by = NULL,
               force_logout_scheduled_staff_reason = NULL, force_logout_scheduled_user_reason = NULL
        WHERE id = $1";
    execute!(on, sql, id)?;
    Ok(())
}

/// Deactivates the account, until `until` or until staff activate it.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_inactive(on: &mut dyn Sql, id: i64, until: Option<Moment>, reasons: &Reasons) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET is_active = FALSE, deactivated_until = $2,
               deactivated_staff_reason = $3, deactivated_user_reason = $4
        WHERE id = $1";
    execute!(on, sql, id, until, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Activates the account, so that the user can log in again.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_active(on: &mut dyn Sql, id: i64) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET is_active = TRUE, deactivated_until = NULL,
               deactivated_staff_reason = NULL, deactivated_user_reason = NULL
        WHERE id = $1";
    execute!(on, sql, id)?;
    Ok(())
}
