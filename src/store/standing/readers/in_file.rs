//! Reads standings from SQLite in the request's own thread.
//!
//! Reading three rows by key takes a few microseconds, less than a round trip to the thread of a sqlx connection. So
//! the guard reads with `rusqlite`: the same SQLite library and the same statement. It never waits: if the file is
//! busy, the guard falls back to sqlx.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    domain::logins::session_secret::SessionId,
    store::{
        Clock, Result,
        standing::{LoginStanding, read_login_standing},
    },
};

/// A pool of connections for reading. It grows to the largest number of threads that ever read at the same time.
#[derive(Debug, Clone)]
pub struct FileReaders {
    path: Arc<Path>,
    /// The idle connections; `None` once closed. The lock is held only for a push or a pop.
    idle: Arc<Mutex<Option<Vec<Connection>>>>,
}

impl FileReaders {
    /// Creates a pool for this file. Connections open when they are first needed.
    pub(in crate::store) fn new(path: PathBuf) -> Self {
        Self { path: path.into(), idle: Arc::new(Mutex::new(Some(Vec::new()))) }
    }

    /// Reads the standing of one login; `None` if the file does not respond at once.
    pub(super) fn read(&self, clock: &Clock, user_id: i64, session: &SessionId) -> Option<Result<LoginStanding>> {
        let idle = self.idle().as_mut()?.pop();
        let read = idle.map_or_else(|| self.open(), Ok).and_then(|connection| {
            let read = read_login_standing(&connection, clock, user_id, session)?;
            Ok((connection, read))
        });
        match read {
            Ok((connection, read)) => {
                if let Some(idle) = self.idle().as_mut() {
                    idle.push(connection);
                }
                Some(read)
            }
            // Drop the connection, because the file may have been replaced. The next reader opens it anew.
            Err(error) => {
                log::debug!("the guard reads through the pool: {error}");
                None
            }
        }
    }

    /// Closes all connections permanently.
    pub(in crate::store) fn close(&self) {
        drop(self.idle().take());
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        // Opened for writing because the index of the write-ahead log is shared memory. `query_only` prevents writes.
        connection.pragma_update(None, "query_only", true)?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }

    /// Ignores poisoning: nothing under the lock can panic half-way.
    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
