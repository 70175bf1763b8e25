//! How many sessions were live, hour by hour.
//!
//! Kept, and not worked out from the sessions: those of a fortnight would all have to be read, and
//! they no longer tell: a limit that was changed since, or a date that put everyone out, is written
//! into none of them.

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, fetch_one, fetch_optional},
    },
};

/// Whether that hour has been counted.
///
/// # Errors
/// When the database does not answer.
pub async fn has_live_sample(on: &mut impl Sql, hour: Moment) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM curfew_live_sessions_by_hour WHERE hour = $1";
    let (count,) = fetch_one!(on, (i64,), sql, hour)?;
    Ok(count > 0)
}

/// Keeps the count of an hour, unless another node was first.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_live_sample(on: &mut impl Sql, hour: Moment, live: i64) -> Result<()> {
    execute!(
        on,
        "INSERT INTO curfew_live_sessions_by_hour (hour, live) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        hour,
        live
    )?;
    Ok(())
}

/// The hours that were counted from that moment on, each with how many sessions were live.
///
/// # Errors
/// When the database does not answer.
pub async fn list_live_samples(on: &mut impl Sql, since: Moment) -> Result<Vec<(Moment, i64)>> {
    let sql = "SELECT hour, live FROM curfew_live_sessions_by_hour WHERE hour >= $1 ORDER BY hour";
    Ok(fetch_all!(on, (Moment, i64), sql, since)?)
}

/// How many sessions were live when they were counted last, and in which hour that was.
///
/// # Errors
/// When the database does not answer.
pub async fn find_latest_live_sample(on: &mut impl Sql) -> Result<Option<(Moment, i64)>> {
    let sql = "SELECT hour, live FROM curfew_live_sessions_by_hour ORDER BY hour DESC LIMIT 1";
    Ok(fetch_optional!(on, (Moment, i64), sql)?)
}

/// Forgets the hours before that moment.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_live_samples(on: &mut impl Sql, before: Moment) -> Result<()> {
    execute!(on, "DELETE FROM curfew_live_sessions_by_hour WHERE hour < $1", before)?;
    Ok(())
}
