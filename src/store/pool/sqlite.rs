//! Opens a SQLite file.

use std::{sync::Arc, time::Duration};

use rocket::tokio::time::{Instant, sleep};
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    PoolLimits, Pools,
    file::sqlite_options,
    message_of,
    properties::{Unfit, check_sqlite},
    statistics::drop_statistics,
};
use crate::store::{
    Clock, OpenError, Store, Trust,
    engine::{
        codes::{SQLITE_BUSY, is_code},
        with_timeout,
    },
    standing::lanes::{LanePool, Lanes},
};

/// The writer's page cache, in KiB. A batch of a thousand users touches pages in many places, and a page that does not
/// fit is written and read again and again.
const WRITER_CACHE_KIB: u32 = 32 * 1024;
/// The number of 4 KiB pages in the write-ahead log at which the writer checkpoints it. A page written by many
/// transactions is then copied only once.
const CHECKPOINT_PAGES: u32 = 16 * 1024;
/// How long a writer waits for another process that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause between two retries where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// The guard's lanes. With two, each statement answers fewer requests and costs as much.
const LANES: u32 = 1;

/// Opens the file that the address names.
pub(super) async fn open_sqlite(url: &str, limits: PoolLimits) -> std::result::Result<Store, OpenError> {
    let options = sqlite_options(url)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // A force logout that was confirmed must survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let path = options.get_filename().display().to_string();
    if !options.get_filename().exists() {
        return Err(OpenError::Missing(path));
    }
    let unreachable = |error: sqlx::Error| OpenError::File(format!("{path}: {}", message_of(&error)));
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(limits.wait)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
    };
    // The writer first: it turns on the write-ahead log, which the readers need.
    let writer = options
        .clone()
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string());
    let began = Instant::now();
    let write = loop {
        match pool().max_connections(1).connect_with(writer.clone()).await {
            // While another process turns on the write-ahead log, this fails at once, whatever the busy timeout.
            Err(sqlx::Error::Database(error)) if is_code(&*error, SQLITE_BUSY) && began.elapsed() < BUSY_TIMEOUT => {
                sleep(BUSY_PAUSE).await;
            }
            opened => break opened.map_err(&unreachable)?,
        }
    };
    let mut first = with_timeout(write.acquire()).await.map_err(&unreachable)?;
    check_sqlite(&mut first).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(path.clone(), what),
        Unfit::Failed(error) => unreachable(error),
    })?;
    drop_statistics(&mut first).await.map_err(&unreachable)?;
    drop(first);
    let read = pool().max_connections(limits.connections).connect_with(options).await.map_err(unreachable)?;
    let clock = Clock::default();
    // The lanes trust the file always: even when it takes no writes, there is no newer primary to read from.
    let lanes = Lanes::new(LANES, &LanePool::Sqlite(read.clone()), &clock, &Trust::default());
    let pools = Pools::Sqlite { read, write, long_work: Arc::default() };
    Ok(Store { pools, lanes, transaction: limits.transaction, clock, trust: Trust::default() })
}

/// Whether the pool may keep a connection. When its disk is full or fails, SQLite rolls back by itself, but sqlx still
/// counts an open transaction: every later one on that connection would fail until a restart.
async fn is_out_of_transaction(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if !connection.is_in_transaction() {
        return Ok(true);
    }
    // The rollback of a dropped transaction may still be queued. The ping is answered after it.
    with_timeout(connection.ping()).await?;
    Ok(!connection.is_in_transaction())
}
