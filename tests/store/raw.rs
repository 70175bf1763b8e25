//! SQL to set up and inspect data, never to do what the program does.

use curfew::store::Store;
use sqlx::{AssertSqlSafe, Row as _};

/// Executes a statement as an administrator would, and returns the number of changed rows.
pub async fn run(store: &Store, sql: &str) -> u64 {
    let sql = AssertSqlSafe(sql.to_owned());
    match store {
        Store::Sqlite { write, .. } => {
            sqlx::query(sql).execute(write).await.expect("SQLite accepts it").rows_affected()
        }
        Store::Postgres { pool, .. } => {
            sqlx::query(sql).execute(pool).await.expect("Postgres accepts it").rows_affected()
        }
    }
}

/// The only column of a query, as text; NULL as `None`.
pub async fn texts(store: &Store, sql: &str) -> Vec<Option<String>> {
    let sql = AssertSqlSafe(sql.to_owned());
    match store {
        Store::Sqlite { read, .. } => {
            let rows = sqlx::query(sql).fetch_all(read).await.expect("SQLite answers");
            rows.iter().map(|row| row.get(0)).collect()
        }
        Store::Postgres { pool, .. } => {
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
    let sql = match store {
        Store::Sqlite { .. } => {
            "SELECT name FROM sqlite_master
             WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'curfew_migrations'
               AND name NOT LIKE '%s\\_search%' ESCAPE '\\' ORDER BY name"
        }
        Store::Postgres { .. } => {
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
        let sql = match store {
            Store::Sqlite { .. } => {
                let columns = texts(store, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let quoted: Vec<_> = columns.into_iter().flatten().map(|column| format!("quote({column})")).collect();
                format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || "))
            }
            Store::Postgres { .. } => format!("SELECT CAST({table} AS TEXT) FROM {table} ORDER BY 1"),
        };
        lines.extend(texts(store, &sql).await.into_iter().flatten().map(|row| format!("{table}: {row}")));
    }
    lines
}
