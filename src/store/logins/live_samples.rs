//! Hourly counts of live sessions.
//!
//! The counts are stored, because the session rows cannot show how many sessions were live in the past. No row records
//! a limit that has changed since, or a force logout of everyone. Counting later would also read every session of two
//! weeks.

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, fetch_one, fetch_optional},
    },
};

/// Whether the count of this hour is stored.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_live_sample(on: &mut dyn Sql, hour: Moment) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM curfew_live_sessions_by_hour WHERE hour = $1";
    let (count,) = fetch_one!(on, (i64,), sql, hour)?;
    Ok(count > 0)
}

/// Stores the count of an hour, unless another node has done so already.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_live_sample(on: &mut dyn Sql, hour: Moment, live: i64) -> Result<()> {
    execute!(
        on,
        "INSERT INTO curfew_live_sessions_by_hour (hour, live) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        hour,
        live
    )?;
    Ok(())
}

/// Lists the stored hours from `since` on, each with its number of live sessions.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_live_samples(on: &mut dyn Sql, since: Moment) -> Result<Vec<(Moment, i64)>> {
    let sql = "SELECT hour, live FROM curfew_live_sessions_by_hour WHERE hour >= $1 ORDER BY hour";
    Ok(fetch_all!(on, (Moment, i64), sql, since)?)
}

/// Finds the latest stored hour and its number of live sessions.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_latest_live_sample(on: &mut dyn Sql) -> Result<Option<(Moment, i64)>> {
    let sql = "SELECT hour, live FROM curfew_live_sessions_by_hour ORDER BY hour DESC LIMIT 1";
    Ok(fetch_optional!(on, (Moment, i64), sql)?)
}

/// Deletes the counts of all hours before `before`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_live_samples(on: &mut dyn Sql, before: Moment) -> Result<()> {
    execute!(on, "DELETE FROM curfew_live_sessions_by_hour WHERE hour < $1", before)?;
    Ok(())
}
