//! What puts an account's logins out, and lets its person in again.

use crate::{
    domain::{moment::Moment, reason::EndReason, reason_text::Reasons},
    store::{
        Result, Sql,
        engine::{execute, fetch_all},
    },
};

/// Puts the logins made at `date` or before out. The caller has locked the row and seen that the
/// date does not move back.
///
/// # Errors
/// When the database does not answer.
pub async fn set_force_logout_date(
    on: &mut impl Sql,
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

/// Plans a force logout, in place of the one planned before.
///
/// # Errors
/// When the database does not answer.
pub async fn set_force_logout_scheduled(
    on: &mut impl Sql,
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

/// The next accounts, by their numbers after that one, for which something has come due: a planned force
/// logout, or the end of a deactivation.
///
/// # Errors
/// When the database does not answer.
pub async fn list_due_users(on: &mut impl Sql, now: Moment, after: i64, limit: i64) -> Result<Vec<i64>> {
    // The plus keeps SQLite from walking all accounts by their numbers: those with a date are few.
    let sql = "
        SELECT id FROM curfew_users WHERE force_logout_scheduled IS NOT NULL AND force_logout_scheduled <= $1 AND +id > $2
        UNION
        SELECT id FROM curfew_users WHERE deactivated_until IS NOT NULL AND deactivated_until <= $1 AND +id > $2
        ORDER BY id LIMIT $3";
    let due: Vec<(i64,)> = fetch_all!(on, (i64,), sql, now, after, limit)?;
    Ok(due.into_iter().map(|(id,)| id).collect())
}

/// Forgets the planned force logout.
///
/// # Errors
/// When the database does not answer.
pub async fn clear_force_logout_scheduled(on: &mut impl Sql, id: i64) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET force_logout_scheduled = NULL, force_logout_scheduled_by = NULL,
               force_logout_scheduled_staff_reason = NULL, force_logout_scheduled_user_reason = NULL
        WHERE id = $1";
    execute!(on, sql, id)?;
    Ok(())
}

/// Locks the account's person out, until then or until somebody activates it.
///
/// # Errors
/// When the database does not answer.
pub async fn set_inactive(on: &mut impl Sql, id: i64, until: Option<Moment>, reasons: &Reasons) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET is_active = FALSE, deactivated_until = $2,
               deactivated_staff_reason = $3, deactivated_user_reason = $4
        WHERE id = $1";
    execute!(on, sql, id, until, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Lets the account's person log in again.
///
/// # Errors
/// When the database does not answer.
pub async fn set_active(on: &mut impl Sql, id: i64) -> Result<()> {
    let sql = "
        UPDATE curfew_users SET is_active = TRUE, deactivated_until = NULL,
               deactivated_staff_reason = NULL, deactivated_user_reason = NULL
        WHERE id = $1";
    execute!(on, sql, id)?;
    Ok(())
}
