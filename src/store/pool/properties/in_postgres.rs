//! Checks a Postgres database: its version, its encoding, and that no transaction pooler sits in front of it.

use sqlx::{
    Connection as _, FromRow, PgConnection,
    postgres::{PgConnectOptions, PgRow},
    raw_sql,
};

use super::Unfit;
use crate::store::{Lack, engine::with_timeout};

/// The first version with `pg_current_xact_id` and its family, which the feed of changes needs.
const MIN_POSTGRES_VERSION: i32 = 130_000;

/// Checks a Postgres database over a connection that is used for nothing else.
pub(in crate::store::pool) async fn check_postgres(
    on: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), Unfit> {
    // First, because behind such a pooler no other check is reliable. All statements here are unprepared, because it
    // loses prepared ones.
    if is_lent_out(on, options).await? {
        return Err(Unfit::Lacks(Lack::OwnConnections));
    }
    let settings = "
        SELECT current_setting('server_encoding'), current_setting('server_version'),
               current_setting('server_version_num')::int";
    let (encoding, version, number) = <(String, String, i32)>::from_row(&fetch_row(on, settings).await?)?;
    if number < MIN_POSTGRES_VERSION {
        return Err(Unfit::Lacks(Lack::PostgresVersion(version)));
    }
    if encoding != "UTF8" {
        return Err(Unfit::Lacks(Lack::PostgresEncoding(encoding)));
    }
    Ok(())
}

/// Whether a pooler lends our server connection to others between two statements, or theirs to us.
async fn is_lent_out(on: &mut PgConnection, options: &PgConnectOptions) -> sqlx::Result<bool> {
    let before = backend_pid(on).await?;
    let mut other = with_timeout(PgConnection::connect_with(options)).await?;
    let is_lent_out = match with_timeout(raw_sql("BEGIN").execute(&mut other)).await {
        // `other` first: with a single server connection to lend, `on` would wait until `other` ends its transaction.
        Ok(_) => backend_pid(&mut other).await? == before || backend_pid(on).await? != before,
        // A pooler in statement mode refuses transactions.
        Err(sqlx::Error::Database(_)) => true,
        Err(error) => return Err(error),
    };
    let _ = with_timeout(other.close()).await;
    Ok(is_lent_out)
}

/// The process id of the server process behind a connection.
async fn backend_pid(on: &mut PgConnection) -> sqlx::Result<i32> {
    let (pid,) = <(i32,)>::from_row(&fetch_row(on, "SELECT pg_backend_pid()").await?)?;
    Ok(pid)
}

async fn fetch_row(on: &mut PgConnection, sql: &'static str) -> sqlx::Result<PgRow> {
    with_timeout(raw_sql(sql).fetch_one(on)).await
}

/// Whether this error is that of a pooler that rejects a startup parameter, which every connection of ours sends.
pub(in crate::store::pool) fn is_refused_parameter(error: &str) -> bool {
    error.contains("unsupported startup parameter")
}
