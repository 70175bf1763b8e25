//! SQLite's statistics, of which this program wants none.
//!
//! They say how many rows a table had when somebody last counted. On a site that has grown since, SQLite reads whole
//! tables that it takes for small, and a list of a few thousand users takes seconds. Without statistics it takes every
//! table for a large one, and the plans of all statements here are then the same on every day, and as good as those by
//! a fresh count; a test compares the two. So the program collects none, and forgets those of a hand.

use sqlx::{SqliteConnection, raw_sql};

use crate::store::{
    Result, Store,
    engine::in_time,
    pool::{SQLITE_BUSY, is_code},
};

impl Store {
    /// Forgets the statistics that somebody has collected by hand meanwhile. On Postgres, which collects its own all
    /// the time, nothing is done.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_statistics(&self) -> Result<()> {
        if let Self::Sqlite { write, .. } = self {
            forget_statistics(&mut *in_time(write.acquire()).await?).await?;
        }
        Ok(())
    }
}

/// Drops the tables of the statistics, which has every connection of every process read its schema and plan its
/// statements anew; the one that drops them does so only when it is told. While somebody else writes, the tables stay
/// until the next time.
pub(in crate::store) async fn forget_statistics(on: &mut SqliteConnection) -> sqlx::Result<()> {
    const THERE_ARE: &str =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4'))";
    const FORGET: &str = "
        DROP TABLE IF EXISTS sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4; PRAGMA writable_schema = RESET";
    if in_time(sqlx::query_scalar(THERE_ARE).fetch_one(&mut *on)).await? {
        match in_time(raw_sql(FORGET).execute(on)).await {
            Err(sqlx::Error::Database(said)) if is_code(&*said, SQLITE_BUSY) => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(())
}
