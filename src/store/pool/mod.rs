//! The connection pools of the database, on either engine.

pub(super) mod file;
#[cfg(feature = "postgres")]
mod hosts;
mod in_rocket;
#[cfg(feature = "postgres")]
mod postgres;
mod properties;
mod sqlite;
mod statistics;

use std::{sync::Arc, time::Duration};

use rocket::tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
#[cfg(feature = "postgres")]
use sqlx::PgPool;
use sqlx::SqlitePool;

use self::{file::create_missing_file, sqlite::open_sqlite, statistics::drop_statistics};
#[cfg(feature = "postgres")]
use self::{
    hosts::Hosts,
    postgres::{name_of, open_postgres},
};
use super::{
    AddressFault, Clock, Connection, OpenError, Result, Transaction, Trust,
    engine::{ACQUIRE_TIMEOUT, TRANSACTION_TIMEOUT, with_timeout},
    standing::{LoginStanding, lanes::Lanes},
};
use crate::domain::logins::public_id::PublicId;
pub use in_rocket::Db;
#[cfg(feature = "postgres")]
pub(super) use postgres::pool_options;

/// After each part, a long job pauses for the time that the part took, divided by this.
const PAUSE_DIVISOR: u32 = 5;
/// One for the guard, and one for everything else.
const MIN_CONNECTIONS: u32 = 2;

/// How large a pool may grow, and how long a request waits for one of its connections.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// The maximum number of connections; at least two.
    pub connections: u32,
    /// How long a request waits before it fails because the database does not respond.
    pub wait: Duration,
    /// How long after its begin a transaction may start statements.
    pub transaction: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { connections: 8, wait: ACQUIRE_TIMEOUT, transaction: TRANSACTION_TIMEOUT }
    }
}

impl PoolLimits {
    /// The default limits, with this maximum number of connections if there is one.
    #[must_use]
    pub fn of(connections: Option<u32>) -> Self {
        let default = Self::default();
        Self { connections: connections.unwrap_or(default.connections), ..default }
    }
}

/// The database of this site. Clones share the pools and the clock.
#[derive(Debug, Clone)]
pub struct Store {
    /// The pools, for everything but the guard.
    pub pools: Pools,
    /// The guard's connections.
    lanes: Lanes,
    /// How long after its begin a transaction may start statements.
    transaction: Duration,
    clock: Clock,
    trust: Trust,
}

/// The pools of the connections to either engine.
#[derive(Debug, Clone)]
pub enum Pools {
    /// Of a SQLite file. Writers queue for one connection, so that none finds the file locked by another.
    Sqlite {
        /// The pool for reading.
        read: SqlitePool,
        /// The pool for transactions that write, with a single connection.
        write: SqlitePool,
        /// Held by the long job whose turn it is.
        long_work: Arc<Mutex<()>>,
    },
    /// Of a Postgres server.
    #[cfg(feature = "postgres")]
    Postgres {
        /// The pool.
        pool: PgPool,
        /// The servers that the pool may connect to.
        hosts: Hosts,
    },
}

impl Store {
    /// Reads the standing of one login.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or holds an unknown code.
    pub async fn get_login_standing(&self, user_id: i64, session: &PublicId) -> Result<LoginStanding> {
        self.lanes.read(user_id, session).await
    }

    /// Opens `sqlite:PATH` or `postgres://…`, without migrating. Creates a missing SQLite file.
    ///
    /// # Errors
    /// Returns an error if the address is wrong, or the database cannot be opened or used.
    pub async fn open(url: &str, limits: PoolLimits) -> std::result::Result<Self, OpenError> {
        create_missing_file(url)?;
        Self::open_existing(url, limits).await
    }

    /// Opens `sqlite:PATH` or `postgres://…`, without migrating or creating it.
    ///
    /// # Errors
    /// Returns an error if the address is wrong, the SQLite file is missing, or the database cannot be opened or used.
    pub async fn open_existing(url: &str, limits: PoolLimits) -> std::result::Result<Self, OpenError> {
        let limits = PoolLimits { connections: limits.connections.max(MIN_CONNECTIONS), ..limits };
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url, limits).await,
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => open_postgres(url, limits).await,
            #[cfg(not(feature = "postgres"))]
            Some("postgres" | "postgresql") => Err(OpenError::Address(AddressFault::WithoutPostgres)),
            _ => Err(OpenError::Address(AddressFault::Engine)),
        }
    }

    /// The name for error messages: the file's path, or the server and its database. Never a user or a password.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.pools {
            Pools::Sqlite { read, .. } => read.connect_options().get_filename().display().to_string(),
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, .. } => name_of(&pool.connect_options()),
        }
    }

    /// The clock of this store.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether this process may trust what it reads from the database.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    // Futures that wait for a connection are boxed: every use case and guard would reserve room for them otherwise.

    /// Takes a connection for reading.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is a server that is not trusted.
    pub async fn read(&self) -> Result<Connection> {
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => Connection::Sqlite(with_timeout(Box::pin(read.acquire())).await?),
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, .. } => {
                self.trust.must_be_held()?;
                Connection::Postgres(with_timeout(Box::pin(pool.acquire())).await?)
            }
        })
    }

    /// Begins a transaction for writing.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or is a server that is not trusted.
    pub async fn begin(&self) -> Result<Transaction> {
        #[cfg(feature = "postgres")]
        if let Pools::Postgres { .. } = self.pools {
            self.trust.must_be_held()?;
        }
        self.begin_proof().await
    }

    /// Begins a transaction by which a node proves that it can write. On Postgres, no other transaction begins while
    /// the database is not trusted.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn begin_proof(&self) -> Result<Transaction> {
        Ok(match &self.pools {
            Pools::Sqlite { write, .. } => {
                let begun = with_timeout(Box::pin(write.begin_with("BEGIN IMMEDIATE"))).await?;
                Transaction::Sqlite(begun, Instant::now() + self.transaction)
            }
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, hosts } => {
                if hosts.are_several() && !self.trust.is_held() {
                    // Another server may be the primary by now.
                    if let Ok((options, _)) = Box::pin(hosts.connect()).await {
                        pool.set_connect_options(options.clone());
                    }
                }
                let begun = with_timeout(Box::pin(pool.begin())).await?;
                Transaction::Postgres(begun, Instant::now() + self.transaction)
            }
        })
    }

    /// How many transactions a long job may run at the same time. On Postgres, this limit leaves half of the
    /// connections to requests.
    #[must_use]
    pub fn max_concurrent_writers(&self) -> usize {
        match &self.pools {
            Pools::Sqlite { .. } => 1,
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, .. } => pool.options().get_max_connections() as usize / 2,
        }
    }

    /// Runs one part of a long job that writes. On SQLite, long jobs take turns and pause after each part, which leaves
    /// a sixth of the time to other processes. Only one process at a time can write to a SQLite file, and SQLite has no
    /// queue: another process retries, in the end ten times a second, and fails after five seconds.
    pub async fn run_in_turn<T>(&self, part: impl Future<Output = T>) -> T {
        let long_work = match &self.pools {
            Pools::Sqlite { long_work, .. } => long_work,
            #[cfg(feature = "postgres")]
            Pools::Postgres { .. } => return part.await,
        };
        let _turn = long_work.lock().await;
        let began = Instant::now();
        let done = part.await;
        sleep(began.elapsed() / PAUSE_DIVISOR).await;
        done
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.lanes.release().await;
        match &self.pools {
            Pools::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, .. } => pool.close().await,
        }
    }

    /// Drops query-planner statistics that somebody has collected by hand. Does nothing on Postgres, which keeps its
    /// own up to date.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn drop_statistics(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { write, .. } => drop_statistics(&mut *with_timeout(write.acquire()).await?).await?,
            #[cfg(feature = "postgres")]
            Pools::Postgres { .. } => {}
        }
        Ok(())
    }
}

/// The message of the system or the database, without sqlx's own words.
fn message_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
