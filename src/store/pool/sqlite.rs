//! Opening a file.

use std::{sync::Arc, time::Duration};

use rocket::tokio::time::{Instant, sleep};
use sqlx::sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{PoolLimits, file::sqlite_options, in_words, is_out_of_transaction, trust::Trust};
use crate::store::{
    Clock, OpenError, Store,
    engine::in_time,
    schema::{
        properties::{Unfit, check_sqlite},
        statistics::forget_statistics,
    },
    standing::readers::FileReaders,
};

/// How much of a SQLite file the writer keeps in memory, in KiB: an act on a thousand users touches pages
/// in many places, and what does not stay is written and read again and again.
const WRITER_CACHE: u32 = 32 * 1024;
/// After how many pages of 4 KiB the writer carries its log into the file: a page that is written in many
/// transactions is carried once.
const CHECKPOINT_AFTER: u32 = 16 * 1024;
/// How long a writer waits for another process that is writing to the same SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What SQLite answers while somebody else writes.
pub(in crate::store) const SQLITE_BUSY: u32 = 5;
/// Between two tries where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Opens the file of an address.
pub(super) async fn open_sqlite(url: &str, limits: PoolLimits) -> std::result::Result<Store, OpenError> {
    let options = sqlite_options(url)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // A force logout that was answered must survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let path = options.get_filename().display().to_string();
    if !options.get_filename().exists() {
        return Err(OpenError::Missing(path));
    }
    let unreachable = |error: sqlx::Error| OpenError::File(format!("{path}: {}", in_words(&error)));
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(limits.wait)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
    };
    // The writer first: it turns on the write-ahead log for the readers.
    let writer = options
        .clone()
        .pragma("cache_size", format!("-{WRITER_CACHE}"))
        .pragma("wal_autocheckpoint", CHECKPOINT_AFTER.to_string());
    let begin = Instant::now();
    let write = loop {
        match pool().max_connections(1).connect_with(writer.clone()).await {
            // Turning on the write-ahead log while another process does fails at once, whatever the busy timeout.
            Err(sqlx::Error::Database(said)) if is_code(&*said, SQLITE_BUSY) && begin.elapsed() < BUSY_TIMEOUT => {
                sleep(BUSY_PAUSE).await;
            }
            opened => break opened.map_err(&unreachable)?,
        }
    };
    let mut first = in_time(write.acquire()).await.map_err(&unreachable)?;
    check_sqlite(&mut first).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(path.clone(), what),
        Unfit::Failed(error) => unreachable(error),
    })?;
    forget_statistics(&mut first).await.map_err(&unreachable)?;
    drop(first);
    let file = options.get_filename().to_owned();
    let read = pool().max_connections(limits.connections).connect_with(options).await.map_err(unreachable)?;
    Ok(Store::Sqlite {
        read,
        write,
        readers: FileReaders::new(file),
        long_work: Arc::default(),
        clock: Clock::default(),
        trust: Trust::default(),
    })
}

/// Whether SQLite answered this code, or one of its extended codes, which have it in their last byte.
pub(in crate::store) fn is_code(said: &dyn sqlx::error::DatabaseError, code: u32) -> bool {
    said.code().and_then(|said| said.parse::<u32>().ok()).is_some_and(|said| said & 0xff == code)
}
