//! The pool, and how Rocket comes to it.

use std::{str::FromStr as _, sync::Arc, time::Duration};

use rocket::{
    figment::Figment,
    futures::TryFutureExt as _,
    tokio::{
        sync::Mutex,
        time::{Instant, sleep, timeout},
    },
};
use rocket_db_pools::{Config, Database};
use sqlx::{
    Connection as _, Executor as _, PgConnection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Clock, Connection, OpenError, Result, StoreError, Transaction,
    engine::in_time,
    file::{create_missing_file, sqlite_options},
    properties::{Unfit, check_postgres, check_sqlite, refuses_our_parameters},
    readers::{FileReaders, Lanes},
    statistics::forget_statistics,
};

/// How long a request waits for a connection before it hears that the database does not answer.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How much of a SQLite file the writer keeps in memory, in KiB: an act on a thousand users touches pages
/// in many places, and what does not stay is written and read again and again.
const WRITER_CACHE: u32 = 32 * 1024;
/// After how many pages of 4 KiB the writer carries its log into the file: a page that is written in many
/// transactions is carried once.
const CHECKPOINT_AFTER: u32 = 16 * 1024;
/// How long a writer waits for another process that is writing to the same SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What SQLite answers while somebody else writes.
pub(super) const SQLITE_BUSY: u32 = 5;
/// Between two tries where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// Long work rests for this part of the time that it has worked.
const REST: u32 = 5;
/// Of so many connections to Postgres, the guard holds one.
const CONNECTIONS_PER_LANE: u32 = 4;
/// Connections, where the settings name no number.
const CONNECTIONS: u32 = 8;
/// One for the guard, and one for all else.
const LEAST_CONNECTIONS: u32 = 2;

/// What each connection to Postgres begins with, whatever the database or the role has for a default. Notices, such as
/// that a table is there already, are news to nobody; to compile a statement takes longer than any of ours; and a
/// stricter isolation would refuse what waits for a lock.
const SESSION: &str = "SET client_min_messages = warning; SET jit = off;
    SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on";

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
    },
    /// A server.
    Postgres {
        /// For everything.
        pool: PgPool,
        /// For the guard.
        readers: Lanes,
        /// The time.
        clock: Clock,
    },
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`, without migrating it. A missing SQLite file is created.
    ///
    /// # Errors
    /// When the address is wrong or nothing answers there.
    pub async fn open(url: &str, connections: Option<u32>) -> std::result::Result<Self, OpenError> {
        create_missing_file(url)?;
        Self::open_existing(url, connections).await
    }

    /// Opens `sqlite:PATH` or `postgres://…`, without migrating it and without creating it.
    ///
    /// # Errors
    /// When the address is wrong, nothing answers there, or the SQLite file is not there.
    pub async fn open_existing(url: &str, connections: Option<u32>) -> std::result::Result<Self, OpenError> {
        let connections = connections.unwrap_or(CONNECTIONS).max(LEAST_CONNECTIONS);
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url, connections).await,
            Some("postgres" | "postgresql") => open_postgres(url, connections).await,
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

    // What waits for a connection is boxed here and below: every act and every guard would hold room for it.

    /// A connection for reading.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self) -> Result<Connection> {
        Ok(match self {
            Self::Sqlite { read, .. } => Connection::Sqlite(in_time(Box::pin(read.acquire())).await?),
            Self::Postgres { pool, .. } => Connection::Postgres(in_time(Box::pin(pool.acquire())).await?),
        })
    }

    /// A transaction for writing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> Result<Transaction> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                Transaction::Sqlite(in_time(Box::pin(write.begin_with("BEGIN IMMEDIATE"))).await?)
            }
            Self::Postgres { pool, .. } => Transaction::Postgres(in_time(Box::pin(pool.begin())).await?),
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

async fn open_sqlite(url: &str, connections: u32) -> std::result::Result<Store, OpenError> {
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
            .acquire_timeout(ACQUIRE_TIMEOUT)
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
            // Who turns on the write-ahead log while another does is told so at once, whatever the time limit.
            Err(sqlx::Error::Database(said)) if is_code(&*said, SQLITE_BUSY) && begin.elapsed() < BUSY_TIMEOUT => {
                sleep(BUSY_PAUSE).await;
            }
            opened => break opened.map_err(&unreachable)?,
        }
    };
    let mut first = write.acquire().await.map_err(&unreachable)?;
    check_sqlite(&mut first).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(path.clone(), what),
        Unfit::Failed(error) => unreachable(error),
    })?;
    forget_statistics(&mut first).await.map_err(&unreachable)?;
    drop(first);
    let file = options.get_filename().to_owned();
    let read = pool().max_connections(connections).connect_with(options).await.map_err(unreachable)?;
    Ok(Store::Sqlite {
        read,
        write,
        readers: FileReaders::new(file),
        long_work: Arc::default(),
        clock: Clock::default(),
    })
}

/// Whether SQLite answered this code, or one of its extended codes, which have it in their last byte.
pub(super) fn is_code(said: &dyn sqlx::error::DatabaseError, code: u32) -> bool {
    said.code().and_then(|said| said.parse::<u32>().ok()).is_some_and(|said| said & 0xff == code)
}

async fn open_postgres(url: &str, connections: u32) -> std::result::Result<Store, OpenError> {
    if names_several_hosts(url) {
        return Err(OpenError::Address(
            "it names several hosts; name one that always leads to the primary, such as a virtual address or a proxy"
                .to_owned(),
        ));
    }
    // The address may hold a password, so no part of it is quoted, also not by the parser.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        OpenError::Address("it is malformed; in its password, write what is special as %2F and the like".to_owned())
    })?;
    // A pool would try again until its time is up, and then say only that it was.
    let trying = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
    let mut connection = trying
        .map_err(|_| format!("no answer in {} s", ACQUIRE_TIMEOUT.as_secs()))
        .and_then(|connected| connected.map_err(|error| in_words(&error)))
        .map_err(|said| match refuses_our_parameters(&said) {
            Some(what_to_do) => OpenError::Unfit(name_of(&options), what_to_do.to_owned()),
            None => OpenError::Unreachable(name_of(&options), said),
        })?;
    check_postgres(&mut connection, &options).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(name_of(&options), what),
        Unfit::Failed(error) => OpenError::Unreachable(name_of(&options), in_words(&error)),
    })?;
    let pool = PgPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_connections(connections)
        .after_connect(|connection, _| Box::pin(connection.execute(SESSION).map_ok(drop)))
        .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
        .connect_lazy_with(options);
    // Closed politely where that is possible; the pool is what counts.
    let _ = connection.close().await;
    let clock = Clock::default();
    let readers = Lanes::new(connections / CONNECTIONS_PER_LANE, &pool, &clock);
    Ok(Store::Postgres { pool, readers, clock })
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

/// A list of hosts as libpq takes it, in the place of the host or in the parameter for it.
fn names_several_hosts(url: &str) -> bool {
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let place = before.rsplit('@').next().unwrap_or_default().trim_start_matches("postgres://");
    let host = place.split('/').next().unwrap_or_default();
    let is_list = |word: &str| word.starts_with("host") && (word.contains(',') || word.to_lowercase().contains("%2c"));
    host.contains(',') || query.split('&').any(is_list)
}

/// `HOST:PORT/NAME`, or the folder of the socket in place of `HOST:PORT`.
fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

/// What the system or the database said, without sqlx's words around it.
fn in_words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(said) => said.message().to_owned(),
        sqlx::Error::Io(said) => said.to_string(),
        other => other.to_string(),
    }
}

/// The database as Rocket knows it, under `[default.databases.curfew]`.
#[derive(Debug, Clone, Database)]
#[database("curfew")]
pub struct Db(Store);

#[rocket::async_trait]
impl rocket_db_pools::Pool for Store {
    type Connection = Connection;
    type Error = rocket_db_pools::Error<OpenError, StoreError>;

    async fn init(figment: &Figment) -> std::result::Result<Self, Self::Error> {
        let config: Config = figment.extract()?;
        let connections = u32::try_from(config.max_connections).ok();
        let store = Self::open(&config.url, connections).await.map_err(rocket_db_pools::Error::Init)?;
        store.migrate().await.map_err(rocket_db_pools::Error::Init)?;
        Ok(store)
    }

    async fn get(&self) -> std::result::Result<Self::Connection, Self::Error> {
        self.read().await.map_err(rocket_db_pools::Error::Get)
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}
