//! SQL to set up and inspect data, never to do what the program does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use curfew::store::{Connection, Pools, Store};
use rocket::tokio::time::sleep;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

/// Executes a statement as an administrator would, and returns the number of changed rows.
pub async fn run(store: &Store, sql: &str) -> u64 {
    let sql = AssertSqlSafe(sql.to_owned());
    match &store.pools {
        Pools::Sqlite { write, .. } => {
            sqlx::query(sql).execute(write).await.expect("SQLite accepts it").rows_affected()
        }
        Pools::Postgres { pool, .. } => {
            sqlx::query(sql).execute(pool).await.expect("Postgres accepts it").rows_affected()
        }
    }
}

/// The only column of a query, as text; NULL as `None`.
pub async fn texts(store: &Store, sql: &str) -> Vec<Option<String>> {
    let sql = AssertSqlSafe(sql.to_owned());
    match &store.pools {
        Pools::Sqlite { read, .. } => {
            let rows = sqlx::query(sql).fetch_all(read).await.expect("SQLite answers");
            rows.iter().map(|row| row.get(0)).collect()
        }
        Pools::Postgres { pool, .. } => {
            let rows = sqlx::query(sql).fetch_all(pool).await.expect("Postgres answers");
            rows.iter().map(|row| row.get(0)).collect()
        }
    }
}

/// The number that a query returns.
pub async fn count(store: &Store, sql: &str) -> i64 {
    let text = texts(store, &format!("SELECT CAST(({sql}) AS TEXT)")).await.remove(0);
    text.expect("a number").parse().expect("a number")
}

/// All tables except sqlx's own.
pub async fn tables(store: &Store) -> Vec<String> {
    let sql = match &store.pools {
        Pools::Sqlite { .. } => {
            "SELECT name FROM sqlite_master
             WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'curfew_migrations'
               AND name NOT LIKE '%s\\_search%' ESCAPE '\\' ORDER BY name"
        }
        Pools::Postgres { .. } => {
            "SELECT tablename::text FROM pg_tables
             WHERE schemaname = 'public' AND tablename <> 'curfew_migrations' AND tablename NOT LIKE '%s\\_search'
             ORDER BY tablename COLLATE \"C\""
        }
    };
    texts(store, sql).await.into_iter().flatten().collect()
}

/// The dump without events: what a refused attempt must not change.
pub async fn dump_without_events(store: &Store) -> Vec<String> {
    dump(store).await.into_iter().filter(|row| !row.starts_with("curfew_event")).collect()
}

/// Every row of every table, one per line, with blobs in hexadecimal. Standing changes are left out, because even a
/// change that is reverted leaves some.
pub async fn dump(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    for table in tables(store).await.into_iter().filter(|table| table != "curfew_standing_changes") {
        let sql = match &store.pools {
            Pools::Sqlite { .. } => {
                let columns = texts(store, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let quoted: Vec<_> = columns.into_iter().flatten().map(|column| format!("quote({column})")).collect();
                format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || "))
            }
            Pools::Postgres { .. } => format!("SELECT CAST({table} AS TEXT) FROM {table} ORDER BY 1"),
        };
        lines.extend(texts(store, &sql).await.into_iter().flatten().map(|row| format!("{table}: {row}")));
    }
    lines
}

/// What a read costs the database, as a number that is the same on every computer: steps of SQLite's virtual machine,
/// or rows of logins that Postgres fetched.
pub async fn work_of(store: &Store, read: impl AsyncFnOnce(&mut Connection)) -> u64 {
    let mut on = store.read().await.expect("a connection");
    let steps = Arc::new(AtomicU64::new(0));
    let before = match &mut on {
        Connection::Sqlite(on) => {
            let steps = Arc::clone(&steps);
            on.lock_handle().await.expect("its handle").set_progress_handler(1, move || {
                steps.fetch_add(1, Ordering::SeqCst);
                true
            });
            0
        }
        // Postgres adds the counts up, and starts again between two transactions now and then.
        Connection::Postgres(on) => {
            sqlx::raw_sql("BEGIN").execute(&mut **on).await.expect("Postgres accepts it");
            logins_fetched(on).await
        }
    };
    read(&mut on).await;
    match &mut on {
        Connection::Sqlite(on) => {
            on.lock_handle().await.expect("its handle").remove_progress_handler();
            steps.load(Ordering::SeqCst)
        }
        Connection::Postgres(on) => {
            let fetched = logins_fetched(on).await;
            sqlx::raw_sql("ROLLBACK").execute(&mut **on).await.expect("Postgres accepts it");
            fetched - before
        }
    }
}

async fn logins_fetched(on: &mut PgConnection) -> u64 {
    let sql = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'curfew_logins'";
    let fetched: i64 = sqlx::query_scalar(sql).fetch_one(on).await.expect("a row");
    fetched.unsigned_abs()
}

/// Waits until a statement on this Postgres database waits for a lock.
pub async fn until_one_waits_for_a_lock(store: &Store) {
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while count(store, waiting).await == 0 {
        sleep(Duration::from_millis(5)).await;
    }
}
