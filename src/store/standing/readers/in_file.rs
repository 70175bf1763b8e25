//! On SQLite: in the thread of the request itself.
//!
//! Three rows by their keys take a few microseconds, less than sending a question to the thread that
//! each of sqlx's connections has, and its answer back. So the guard reads by `rusqlite`, over the
//! same SQLite and the same statement. It never waits: a file that is busy is sqlx's matter again.

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

/// Connections for reading, as many as threads have ever read at the same moment.
#[derive(Debug, Clone)]
pub struct FileReaders {
    path: Arc<Path>,
    /// Those that nobody is using; none at all once they are closed. Held for a push or a pop.
    idle: Arc<Mutex<Option<Vec<Connection>>>>,
}

impl FileReaders {
    /// Of that file; each connection is made when it is first needed.
    pub(in crate::store) fn new(path: PathBuf) -> Self {
        Self { path: path.into(), idle: Arc::new(Mutex::new(Some(Vec::new()))) }
    }

    /// What decides over that login; nothing where the file does not answer at once.
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
            // The connection is dropped: the next reader opens the file that is there by then.
            Err(error) => {
                log::debug!("the guard reads through the pool: {error}");
                None
            }
        }
    }

    /// Closes all of them for good.
    pub(in crate::store) fn close(&self) {
        drop(self.idle().take());
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        // Opened for writing because the log's index is shared memory; nothing is written.
        connection.pragma_update(None, "query_only", true)?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }

    /// Nothing that is done under the lock can panic half-way.
    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
