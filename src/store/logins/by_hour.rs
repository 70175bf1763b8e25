//! Hourly counts of logins and failed logins.
//!
//! The counts of past hours are stored. Counting a million events of two weeks takes a tenth of a second or more, even
//! though the count reads only the index `curfew_events_by_kind`.

use chrono::TimeDelta;
use sqlx::QueryBuilder;

use crate::{
    domain::{event_kind::EventKind, moment::Moment},
    store::{
        Result, Sql,
        engine::{dialect::Dialect, execute, fetch_all, fetch_one, from_row::from_row, on_engine, with_timeout},
    },
};

/// One hour.
pub const HOUR: TimeDelta = TimeDelta::hours(1);

/// The most hours that one statement counts: each has two bound values, and SQLite takes 32,766.
const HOURS_PER_STATEMENT: usize = 1_000;

/// The kinds of events that count as a login. Registering an account and setting up the site also log the user in.
pub(in crate::store) const LOGIN_KINDS: [EventKind; 3] = [EventKind::Login, EventKind::Registered, EventKind::SetUp];

/// The logins of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginsOfHour {
    /// The start of the hour.
    pub hour: Moment,
    /// The number of logins.
    pub logins: i64,
    /// The number of failed logins.
    pub failed_logins: i64,
}

from_row!(LoginsOfHour { hour, logins, failed_logins });

/// Lists the logins of each hour that starts in `from..to`. `from` must be the start of an hour. Reads the stored
/// counts, and counts the later hours from the events.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_logins(on: &mut dyn Sql, from: Moment, to: Moment) -> Result<Vec<LoginsOfHour>> {
    let sql =
        "SELECT hour, logins, failed_logins FROM curfew_logins_by_hour WHERE hour >= $1 AND hour < $2 ORDER BY hour";
    let mut hours = fetch_all!(on, LoginsOfHour, sql, from, to)?;
    let uncounted = hours.last().map_or(from, |last| last.hour + HOUR);
    hours.extend(count_logins(on, uncounted, to).await?);
    Ok(hours)
}

/// Counts the logins of each hour that starts in `from..to`. `from` must be the start of an hour.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_logins(on: &mut dyn Sql, from: Moment, to: Moment) -> Result<Vec<LoginsOfHour>> {
    let (mut hours, mut hour) = (Vec::new(), from);
    while hour < to {
        hours.push(hour);
        hour += HOUR;
    }
    let mut counted = Vec::with_capacity(hours.len());
    for hours in hours.chunks(HOURS_PER_STATEMENT) {
        let of_hours: Vec<LoginsOfHour> =
            on_engine!(on, |c| with_timeout(counting(hours).build_query_as().fetch_all(c)).await)?;
        counted.extend(of_hours);
    }
    counted.sort_unstable_by_key(|of| of.hour);
    Ok(counted)
}

/// Counts the events of each hour. The count of one hour reads a few ranges of the index. One part for each hour would
/// take a database longer to plan than to run.
fn counting<DB: Dialect>(hours: &[Moment]) -> QueryBuilder<DB> {
    let mut sql = QueryBuilder::new("WITH hours (hour, next) AS (VALUES ");
    for (number, hour) in hours.iter().enumerate() {
        sql.push(if number == 0 { "(" } else { ", (" });
        DB::bind_moment(&mut sql, *hour);
        sql.push(", ");
        DB::bind_moment(&mut sql, *hour + HOUR);
        sql.push(")");
    }
    sql.push(") SELECT hour");
    for (column, kinds) in [("logins", &LOGIN_KINDS[..]), ("failed_logins", &[EventKind::LoginFailed])] {
        sql.push(", (SELECT COUNT(*) FROM curfew_events WHERE at >= hour AND at < next AND kind IN (");
        for (number, kind) in kinds.iter().enumerate() {
            sql.push(if number == 0 { "" } else { ", " });
            DB::bind_text(&mut sql, kind.code());
        }
        sql.push(format_args!(")) AS {column}"));
    }
    sql.push(" FROM hours");
    sql
}

/// Finds the last stored hour. Every earlier hour within the retention is stored too.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_last_counted_hour(on: &mut dyn Sql) -> Result<Option<Moment>> {
    let (last,) = fetch_one!(on, (Option<Moment>,), "SELECT MAX(hour) FROM curfew_logins_by_hour")?;
    Ok(last)
}

/// Stores the counts of an hour, unless another node has done so already.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_logins(on: &mut dyn Sql, of: LoginsOfHour) -> Result<()> {
    let sql =
        "INSERT INTO curfew_logins_by_hour (hour, logins, failed_logins) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    execute!(on, sql, of.hour, of.logins, of.failed_logins)?;
    Ok(())
}

/// Deletes the counts of all hours before `before`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_logins(on: &mut dyn Sql, before: Moment) -> Result<()> {
    execute!(on, "DELETE FROM curfew_logins_by_hour WHERE hour < $1", before)?;
    Ok(())
}
