//! The two engines behind one text of SQL.
//!
//! sqlx's `Any` driver cannot read SQLite's `BOOLEAN` and `DATETIME`. So each statement is written once, and the macros
//! below expand it for each engine with that engine's native types.

pub(super) mod clock;
pub(super) mod codes;
pub(super) mod dialect;
pub(super) mod from_row;
pub(super) mod trust;

use std::{future::Future, io, time::Duration};

use rocket::tokio::time::{Instant, timeout};
#[cfg(feature = "postgres")]
use sqlx::{PgConnection, Postgres};
use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use super::Result;

/// How long a statement may take before the database counts as unavailable. A frozen server, or one behind a network
/// that drops all packets, would never respond.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a transaction may start statements, counted from its beginning. Each statement has its own timeout, but a
/// transaction of many statements could hold its locks for minutes. This is far longer than a batch of upkeep takes.
pub(super) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a request waits for a connection before it fails because the database does not respond.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection to one of the two engines.
#[derive(Debug)]
pub enum Engine<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// Postgres.
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

/// Runs statements: a [`Connection`] or a [`Transaction`].
pub trait Sql: Send {
    /// The underlying connection, for the next statement.
    ///
    /// # Errors
    /// Returns an error after the deadline of a transaction.
    fn engine(&mut self) -> sqlx::Result<Engine<'_>>;
}

/// A connection from the pool. Each statement is a transaction of its own.
#[derive(Debug)]
pub enum Connection {
    /// To SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// To Postgres.
    #[cfg(feature = "postgres")]
    Postgres(PoolConnection<Postgres>),
}

impl Sql for Connection {
    fn engine(&mut self) -> sqlx::Result<Engine<'_>> {
        Ok(match self {
            Self::Sqlite(connection) => Engine::Sqlite(&mut *connection),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Engine::Postgres(&mut *connection),
        })
    }
}

impl Connection {
    /// Closes the connection without telling the server and without waiting: it may never respond again.
    pub(super) fn discard(self) {
        match self {
            Self::Sqlite(connection) => drop(connection.detach()),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => drop(connection.detach()),
        }
    }
}

/// A transaction that may write, with the deadline after which it starts no statement and does not commit. Dropping it
/// without [`Self::commit`] rolls it back.
#[derive(Debug)]
pub enum Transaction {
    /// On SQLite: the only writer, from its start.
    Sqlite(sqlx::Transaction<'static, Sqlite>, Instant),
    /// On Postgres: at isolation level read committed. The `lock_` functions lock rows.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, Postgres>, Instant),
}

impl Transaction {
    /// Commits the transaction.
    ///
    /// # Errors
    /// Returns an error after the deadline, or if the database does not respond. In the latter case, it is unknown
    /// whether the transaction was committed.
    pub async fn commit(mut self) -> Result<()> {
        self.engine()?;
        match self {
            Self::Sqlite(transaction, _) => with_timeout(transaction.commit()).await?,
            #[cfg(feature = "postgres")]
            Self::Postgres(mut transaction, _) => {
                // After a failed statement, Postgres answers COMMIT with a rollback and no error. This SELECT returns the error.
                with_timeout(sqlx::raw_sql("SELECT 1").execute(&mut *transaction)).await?;
                with_timeout(transaction.commit()).await?;
            }
        }
        Ok(())
    }
}

impl Sql for Transaction {
    fn engine(&mut self) -> sqlx::Result<Engine<'_>> {
        let (engine, deadline) = match self {
            Self::Sqlite(transaction, deadline) => (Engine::Sqlite(&mut *transaction), deadline),
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction, deadline) => (Engine::Postgres(&mut *transaction), deadline),
        };
        if Instant::now() > *deadline {
            return Err(timeout_error("the transaction took too long and was rolled back"));
        }
        Ok(engine)
    }
}

/// Waits for the database, at most as long as a statement may take.
pub(super) async fn with_timeout<T>(statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout(STATEMENT_TIMEOUT, statement).await.unwrap_or_else(|_| Err(timed_out()))
}

/// The error of a statement that exceeded its timeout.
pub(super) fn timed_out() -> sqlx::Error {
    timeout_error("no response in time")
}

fn timeout_error(text: &'static str) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
}

/// Whether the error is a timeout.
pub(super) fn is_timeout(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// Expands one body for each engine. `$connection` is sqlx's own connection type.
macro_rules! on_engine {
    ($on:expr, |$connection:ident| $body:expr) => {
        match $crate::store::Sql::engine($on) {
            Ok($crate::store::engine::Engine::Sqlite($connection)) => $body,
            #[cfg(feature = "postgres")]
            Ok($crate::store::engine::Engine::Postgres($connection)) => $body,
            Err(error) => Err(error),
        }
    };
}

/// `fetch_all!(on, Row, "SELECT …", values…)` returns every row.
macro_rules! fetch_all {
    ($on:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::with_timeout(sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_all(c)).await
        })
    };
}

/// `fetch_optional!(on, Row, "SELECT …", values…)` returns the row, if there is one.
macro_rules! fetch_optional {
    ($on:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::with_timeout(sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_optional(c)).await
        })
    };
}

/// `fetch_one!(on, Row, "SELECT …", values…)` returns the row, which must exist.
macro_rules! fetch_one {
    ($on:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::with_timeout(sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_one(c)).await
        })
    };
}

/// `execute!(on, "UPDATE …", values…)` returns how many rows it changed.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::with_timeout(sqlx::query($sql)$(.bind($value))*.execute(c))
                .await
                .map(|done| done.rows_affected())
        })
    };
}

pub(super) use {execute, fetch_all, fetch_one, fetch_optional, on_engine};
