//! A server's database: its version, its encoding, and that nobody stands in between.

use sqlx::{
    Connection as _, FromRow, PgConnection,
    postgres::{PgConnectOptions, PgRow},
    raw_sql,
};

use super::Unfit;
use crate::store::engine::in_time;

/// `pg_current_xact_id` and its kin, which the feed of changes goes by.
const LEAST_POSTGRES: i32 = 130_000;
/// What to do about a pooler in between.
const POOLED: &str = "a pooler such as PgBouncer lends its connections out for one transaction at a time, and nodes \
                      listen on theirs: connect to Postgres itself, or set pool_mode = session";

/// Checks a server's database over a connection that is used for nothing else.
pub(in crate::store) async fn check_postgres(on: &mut PgConnection, options: &PgConnectOptions) -> Result<(), Unfit> {
    // First: behind such a pooler nothing else is certain. And unprepared, as it loses what was prepared.
    if is_lent_out(on, options).await? {
        return Err(Unfit::Lacks(POOLED.to_owned()));
    }
    let settings = "
        SELECT current_setting('server_encoding'), current_setting('server_version'),
               current_setting('server_version_num')::int";
    let (encoding, version, number) = <(String, String, i32)>::from_row(&ask(on, settings).await?)?;
    if number < LEAST_POSTGRES {
        return Err(Unfit::Lacks(format!("Postgres {version} is too old: upgrade it to 15, or to 13 at least")));
    }
    if encoding != "UTF8" {
        return Err(Unfit::Lacks(format!(
            "its encoding is {encoding}, which cannot hold or search names of every script: create another one with \
             CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, move what is in this one with pg_dump, and name \
             the new one in DATABASE_URL"
        )));
    }
    Ok(())
}

/// Whether somebody else is given the connection of ours between two of its statements, or we another's.
async fn is_lent_out(on: &mut PgConnection, options: &PgConnectOptions) -> sqlx::Result<bool> {
    let first = backend(on).await?;
    let mut other = in_time(PgConnection::connect_with(options)).await?;
    // For a statement at a time it takes no transaction at all.
    let is_lent_out = match in_time(raw_sql("BEGIN").execute(&mut other)).await {
        // With one connection to lend, ours would wait for the other's.
        Ok(_) => backend(&mut other).await? == first || backend(on).await? != first,
        Err(sqlx::Error::Database(_)) => true,
        Err(error) => return Err(error),
    };
    let _ = in_time(other.close()).await;
    Ok(is_lent_out)
}

/// The server's process behind a connection.
async fn backend(on: &mut PgConnection) -> sqlx::Result<i32> {
    let (pid,) = <(i32,)>::from_row(&ask(on, "SELECT pg_backend_pid()").await?)?;
    Ok(pid)
}

async fn ask(on: &mut PgConnection, sql: &'static str) -> sqlx::Result<PgRow> {
    in_time(raw_sql(sql).fetch_one(on)).await
}

/// What a pooler says that knows nothing of a parameter, which every connection of ours sends.
pub(in crate::store) fn refuses_our_parameters(said: &str) -> Option<&'static str> {
    said.contains("unsupported startup parameter").then_some(
        "a pooler such as PgBouncer refuses a connection of ours: connect to Postgres itself, or set \
         ignore_startup_parameters = extra_float_digits and pool_mode = session",
    )
}
