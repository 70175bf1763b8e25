//! SQL by hand, to arrange and to look: never to do what the program does.

use curfew::store::Store;
use sqlx::{AssertSqlSafe, Row as _};

/// Runs a statement as a person would by hand; how many rows it changed.
pub async fn run(store: &Store, sql: &str) -> u64 {
    let sql = AssertSqlSafe(sql.to_owned());
    match store {
        Store::Sqlite { write, .. } => sqlx::query(sql).execute(write).await.expect("SQLite does it").rows_affected(),
        Store::Postgres { pool, .. } => sqlx::query(sql).execute(pool).await.expect("Postgres does it").rows_affected(),
    }
}

/// The one column of a query, as text; NULL as nothing.
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

/// The number that a query counts.
pub async fn count(store: &Store, sql: &str) -> i64 {
    let text = texts(store, &format!("SELECT CAST(({sql}) AS TEXT)")).await.remove(0);
    text.expect("a number").parse().expect("a number")
}

/// The tables there are, sqlx's own left out.
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

/// The same without the events: what an attempt that was refused must leave as it is.
pub async fn dump_without_events(store: &Store) -> Vec<String> {
    dump(store).await.into_iter().filter(|row| !row.starts_with("curfew_events: ")).collect()
}

/// Every row of every table, one a line, with bytes in hexadecimal; but for the notes that something
/// was changed, which also one who changes it back leaves.
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
