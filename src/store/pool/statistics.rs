//! Drops SQLite's query-planner statistics: this program must run without any.
//!
//! Statistics hold the number of rows that a table had when somebody last ran `ANALYZE`. On a site that has grown
//! since, SQLite takes large tables for small ones and scans them: a list of a few thousand users takes seconds.
//! Without statistics it takes every table for a large one. All plans then stay the same, and are as good as with
//! fresh statistics. A test compares the two. So the program collects none, and drops those collected by hand.

use sqlx::{SqliteConnection, raw_sql};

use crate::store::engine::{
    codes::{SQLITE_BUSY, is_code},
    with_timeout,
};

/// Drops the tables of the statistics. Other connections, including those of other processes, then read the schema
/// again and plan their statements anew. This connection needs `writable_schema = RESET` for that. While another
/// process writes, the tables stay until the next call.
pub(super) async fn drop_statistics(on: &mut SqliteConnection) -> sqlx::Result<()> {
    const HAS_STATISTICS: &str =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4'))";
    const DROP_STATISTICS: &str = "
        DROP TABLE IF EXISTS sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4; PRAGMA writable_schema = RESET";
    if with_timeout(sqlx::query_scalar(HAS_STATISTICS).fetch_one(&mut *on)).await? {
        match with_timeout(raw_sql(DROP_STATISTICS).execute(on)).await {
            Err(sqlx::Error::Database(error)) if is_code(&*error, SQLITE_BUSY) => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(())
}
