//! The pool.

pub(super) mod file;
mod hosts;
mod in_rocket;
mod postgres;
mod sqlite;
pub(super) mod trust;

use std::{sync::Arc, time::Duration};

use rocket::tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use sqlx::{PgPool, SqlitePool};

use self::{
    file::create_missing_file,
    hosts::Hosts,
    postgres::{name_of, open_postgres},
    sqlite::open_sqlite,
    trust::Trust,
};
use super::{
    Clock, Connection, OpenError, Result, Transaction,
    engine::in_time,
    standing::readers::{FileReaders, Lanes},
};
pub use in_rocket::Db;
pub(super) use postgres::pool_options;
pub(super) use sqlite::{SQLITE_BUSY, is_code};

/// How long a request waits for a connection before it hears that the database does not answer.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Long work rests for this part of the time that it has worked.
const REST: u32 = 5;
/// One for the guard, and one for all else.
const LEAST_CONNECTIONS: u32 = 2;

/// How large a pool may grow, and how long a request waits for one of its connections.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// The most connections, at least two.
    pub connections: u32,
    /// How long a request waits before it hears that the database does not answer.
    pub wait: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { connections: 8, wait: ACQUIRE_TIMEOUT }
    }
}

impl PoolLimits {
    /// At most so many connections, or as many as usual.
    #[must_use]
    pub fn of(connections: Option<u32>) -> Self {
        let usual = Self::default();
        Self { connections: connections.unwrap_or(usual.connections), ..usual }
    }
}

/// The database of this site, on either engine. Cloning it shares the pool and the clock.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file. Writers queue for one connection instead of finding the file locked.
    Sqlite {
        /// For reading.
        read: SqlitePool,
        /// For transactions that write: one connection.
        write: SqlitePool,
        /// For the guard.
        readers: FileReaders,
        /// For whose turn it is at long work.
        long_work: Arc<Mutex<()>>,
        /// The time.
        clock: Clock,
        /// Whether it can be written.
        trust: Trust,
    },
    /// A server.
    Postgres {
        /// For everything.
        pool: PgPool,
        /// Where the pool may connect to.
        hosts: Hosts,
        /// For the guard.
        readers: Lanes,
        /// The time.
        clock: Clock,
        /// Whether it is believed.
        trust: Trust,
    },
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`, without migrating it. A missing SQLite file is created.
    ///
    /// # Errors
    /// When the address is wrong or nothing answers there.
    pub async fn open(url: &str, limits: PoolLimits) -> std::result::Result<Self, OpenError> {
        create_missing_file(url)?;
        Self::open_existing(url, limits).await
    }

    /// Opens `sqlite:PATH` or `postgres://…`, without migrating it and without creating it.
    ///
    /// # Errors
    /// When the address is wrong, nothing answers there, or the SQLite file is not there.
    pub async fn open_existing(url: &str, limits: PoolLimits) -> std::result::Result<Self, OpenError> {
        let limits = PoolLimits { connections: limits.connections.max(LEAST_CONNECTIONS), ..limits };
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url, limits).await,
            Some("postgres" | "postgresql") => open_postgres(url, limits).await,
            _ => Err(OpenError::Address("it begins with neither sqlite: nor postgres:".to_owned())),
        }
    }

    /// What to call it in an error: the path of the file, or the server and the database there. No user, no password.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Sqlite { read, .. } => read.connect_options().get_filename().display().to_string(),
            Self::Postgres { pool, .. } => name_of(&pool.connect_options()),
        }
    }

    /// The clock of this store.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        match self {
            Self::Sqlite { clock, .. } | Self::Postgres { clock, .. } => clock,
        }
    }

    /// Whether this process may believe what the database answers.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        match self {
            Self::Sqlite { trust, .. } | Self::Postgres { trust, .. } => trust,
        }
    }

    // What waits for a connection is boxed here and below: every act and every guard would hold room for it.

    /// A connection for reading.
    ///
    /// # Errors
    /// When the database does not answer, or is a server that is not believed.
    pub async fn read(&self) -> Result<Connection> {
        Ok(match self {
            Self::Sqlite { read, .. } => Connection::Sqlite(in_time(Box::pin(read.acquire())).await?),
            Self::Postgres { pool, trust, .. } => {
                trust.must_be_held()?;
                Connection::Postgres(in_time(Box::pin(pool.acquire())).await?)
            }
        })
    }

    /// A transaction for writing.
    ///
    /// # Errors
    /// When the database does not answer, or is a server that is not believed.
    pub async fn begin(&self) -> Result<Transaction> {
        if let Self::Postgres { trust, .. } = self {
            trust.must_be_held()?;
        }
        self.begin_proof().await
    }

    /// A transaction by which a node proves that it can write; no other begins while the database is not believed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_proof(&self) -> Result<Transaction> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                Transaction::Sqlite(in_time(Box::pin(write.begin_with("BEGIN IMMEDIATE"))).await?)
            }
            Self::Postgres { pool, hosts, trust, .. } => {
                if hosts.are_several() && !trust.is_held() {
                    // Another one may be the primary by now.
                    if let Ok((options, _)) = Box::pin(hosts.connect()).await {
                        pool.set_connect_options(options.clone());
                    }
                }
                Transaction::Postgres(in_time(Box::pin(pool.begin())).await?)
            }
        })
    }

    /// How many transactions of long work are worth making at once. On Postgres half of the connections
    /// are left to those who wait for a page.
    #[must_use]
    pub fn writers_at_once(&self) -> usize {
        match self {
            Self::Sqlite { .. } => 1,
            Self::Postgres { pool, .. } => pool.options().get_max_connections() as usize / 2,
        }
    }

    /// Does a part of long work, which writes. One process at a time writes to a SQLite file, and SQLite lets
    /// nobody queue: another asks again, ten times a second at last, until five seconds are over. So long
    /// works take turns here, each with its rest, and with a sixth of the time free the other is let in.
    pub async fn work_in_turn<T>(&self, part: impl Future<Output = T>) -> T {
        let Self::Sqlite { long_work, .. } = self else { return part.await };
        let _turn = long_work.lock().await;
        let began = Instant::now();
        let done = part.await;
        sleep(began.elapsed() / REST).await;
        done
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, readers, .. } => {
                readers.close();
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, readers, .. } => {
                readers.release().await;
                pool.close().await;
            }
        }
    }
}

/// Whether the pool may keep a connection. SQLite rolls back by itself when its disk is full or fails, and sqlx
/// still counts the transaction: every later one on that connection would fail, until a restart.
async fn is_out_of_transaction<C: sqlx::Connection>(connection: &mut C) -> sqlx::Result<bool> {
    if !connection.is_in_transaction() {
        return Ok(true);
    }
    // The rollback of a transaction that was dropped may still be on its way: the connection answers after it.
    in_time(connection.ping()).await?;
    Ok(!connection.is_in_transaction())
}

/// What the system or the database said, without sqlx's words around it.
fn in_words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(said) => said.message().to_owned(),
        sqlx::Error::Io(said) => said.to_string(),
        other => other.to_string(),
    }
}
