//! The two engines behind one text of SQL.
//!
//! sqlx's `Any` driver cannot read SQLite's `BOOLEAN` and `DATETIME`; so a statement is written
//! once and expanded for each engine by the macros below, and every type stays native.

pub(super) mod clock;
pub(super) mod dialect;
pub(super) mod from_row;

use std::{future::Future, io, time::Duration};

use rocket::tokio::time::timeout;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, pool::PoolConnection};

use super::Result;

/// How long a statement may take before its database counts as gone: a server that is frozen, or
/// behind a network that swallows everything, answers neither yes nor no.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The connection of one engine or the other.
#[derive(Debug)]
pub enum Engine<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// Postgres.
    Postgres(&'c mut PgConnection),
}

/// Where a statement can be run: a [`Connection`] or a [`Transaction`].
pub trait Sql: Send {
    /// The connection below.
    fn engine(&mut self) -> Engine<'_>;
}

/// A connection from the pool, each statement a transaction of its own.
#[derive(Debug)]
pub enum Connection {
    /// To SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// To Postgres.
    Postgres(PoolConnection<Postgres>),
}

impl Sql for Connection {
    fn engine(&mut self) -> Engine<'_> {
        match self {
            Self::Sqlite(connection) => Engine::Sqlite(&mut *connection),
            Self::Postgres(connection) => Engine::Postgres(&mut *connection),
        }
    }
}

impl Connection {
    /// Closes it without a word and without waiting: it may never answer again.
    pub(super) fn discard(self) {
        match self {
            Self::Sqlite(connection) => drop(connection.detach()),
            Self::Postgres(connection) => drop(connection.detach()),
        }
    }
}

/// A transaction that may write. Dropped without [`Self::commit`], it leaves no trace.
#[derive(Debug)]
pub enum Transaction {
    /// On SQLite: the only writer, from its first statement on.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// On Postgres: reads what others have committed; rows are locked by the `lock_` functions.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    /// Makes all of it last.
    ///
    /// # Errors
    /// When the database does not answer; whether it lasts is then unknown.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => in_time(transaction.commit()).await?,
            Self::Postgres(mut transaction) => {
                // Of a transaction in which a statement has failed, a commit is a rollback without an error.
                in_time(sqlx::raw_sql("SELECT 1").execute(&mut *transaction)).await?;
                in_time(transaction.commit()).await?;
            }
        }
        Ok(())
    }
}

impl Sql for Transaction {
    fn engine(&mut self) -> Engine<'_> {
        match self {
            Self::Sqlite(transaction) => Engine::Sqlite(&mut *transaction),
            Self::Postgres(transaction) => Engine::Postgres(&mut *transaction),
        }
    }
}

/// Waits for an answer of the database, for as long as a statement may take.
pub(super) async fn in_time<T>(asking: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout(STATEMENT_TIMEOUT, asking).await.unwrap_or_else(|_| Err(silence()))
}

/// No answer in time.
pub(super) fn silence() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
}

/// Whether an error says that there was no answer in time.
pub(super) fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// Runs one body on the engine at hand; `$connection` is sqlx's own there.
macro_rules! on_engine {
    ($on:expr, |$connection:ident| $body:expr) => {
        match $crate::store::Sql::engine($on) {
            $crate::store::engine::Engine::Sqlite($connection) => $body,
            $crate::store::engine::Engine::Postgres($connection) => $body,
        }
    };
}

/// `fetch_all!(on, Row, "SELECT …", values…)`: every row.
macro_rules! fetch_all {
    ($on:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::in_time(sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_all(c)).await
        })
    };
}

/// `fetch_optional!(on, Row, "SELECT …", values…)`: the row, if there is one.
macro_rules! fetch_optional {
    ($on:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::in_time(sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_optional(c)).await
        })
    };
}

/// `fetch_one!(on, Row, "SELECT …", values…)`: the row, which must be there.
macro_rules! fetch_one {
    ($on:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::in_time(sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_one(c)).await
        })
    };
}

/// `execute!(on, "UPDATE …", values…)`: how many rows it changed.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::engine::on_engine!($on, |c| {
            $crate::store::engine::in_time(sqlx::query($sql)$(.bind($value))*.execute(c))
                .await
                .map(|done| done.rows_affected())
        })
    };
}

pub(super) use {execute, fetch_all, fetch_one, fetch_optional, on_engine};
