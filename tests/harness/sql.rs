//! A second connection to a test's database: to set up data, compare contents, or make the database unavailable.

use std::sync::atomic::Ordering;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::store::{Database, Engine, execute, server};

/// The column that any request may change.
const ACTIVITY_COLUMN: &str = "last_seen";
/// Tables in which each node records its own state, on its own schedule.
const NODE_TABLES: [&str; 3] = ["curfew_nodes", "curfew_receipts", "curfew_shared_counters"];

impl Database {
    /// Executes a statement.
    pub async fn execute(&self, sql: &str) {
        self.is_changed_directly.store(true, Ordering::SeqCst);
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
                connection.close().await.expect("the connection closes");
            }
            Engine::Postgres => execute(&self.url, sql).await,
        }
    }

    /// The rows of a query with one text column.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect(sql)
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("Postgres answers");
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect(sql)
            }
        }
    }

    /// The result of a query that returns one number.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.texts(&format!("SELECT CAST(({sql}) AS TEXT)")).await;
        rows[0].parse().expect("a number")
    }

    /// Every row of every table, except what any request or node may change.
    pub async fn dump(&self) -> Vec<String> {
        let tables = self.tables().await;
        let mut tables: Vec<_> = tables.into_iter().map(|name| (name, Vec::new())).collect();
        tables.retain(|(name, _)| !NODE_TABLES.contains(&name.as_str()));
        if self.engine == Engine::Sqlite {
            for column in self.columns().await {
                let (of, name) = column.split_once('.').expect("a table's column");
                tables
                    .iter_mut()
                    .filter(|(table, _)| table == of)
                    .for_each(|(_, columns)| columns.push(name.to_owned()));
            }
        }
        // One statement for all tables: connecting takes longer than reading a table.
        let rows = tables.iter().map(|(table, columns)| {
            let row = match self.engine {
                Engine::Sqlite => {
                    let quoted = columns.iter().filter(|name| *name != ACTIVITY_COLUMN);
                    quoted.map(|name| format!("quote(\"{name}\")")).collect::<Vec<_>>().join(" || ',' || ")
                }
                Engine::Postgres => format!("CAST(to_jsonb(t) - '{ACTIVITY_COLUMN}' AS TEXT)"),
            };
            format!("SELECT '{table} ' || {row} FROM \"{table}\" t")
        });
        self.texts(&format!("{} ORDER BY 1", rows.collect::<Vec<_>>().join(" UNION ALL "))).await
    }

    /// Asserts that the rows equal those of the dump, and prints the differences.
    pub async fn must_still_be(&self, dump: &[String], what: &str) {
        let now = self.dump().await;
        let new: Vec<_> = now.iter().filter(|row| !dump.contains(row)).collect();
        let gone: Vec<_> = dump.iter().filter(|row| !now.contains(row)).collect();
        assert!(new.is_empty() && gone.is_empty(), "{what} has changed the database\nnew: {new:#?}\ngone: {gone:#?}");
    }

    /// The dump without events: a refused attempt only records an event.
    pub async fn dump_without_events(&self) -> Vec<String> {
        let mut rows = self.dump().await;
        rows.retain(|row| !row.starts_with("curfew_event"));
        rows
    }

    /// Makes the database unavailable: on Postgres by closing and refusing every connection, on SQLite by renaming the
    /// tables.
    pub async fn goes_away(&self) {
        match &self.name {
            None => self.rename_tables("", "_away").await,
            Some(name) => {
                execute(&server(), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
                let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
                execute(&server(), &cut).await;
            }
        }
    }

    /// Makes the database available again.
    pub async fn comes_back(&self) {
        match &self.name {
            None => self.rename_tables("_away", "").await,
            Some(name) => execute(&server(), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await,
        }
    }

    async fn rename_tables(&self, from: &str, to: &str) {
        for table in self.tables().await {
            let name = table.strip_suffix(from).expect("either all tables are renamed or none");
            self.execute(&format!("ALTER TABLE \"{table}\" RENAME TO \"{name}{to}\"")).await;
        }
    }

    async fn tables(&self) -> Vec<String> {
        self.texts(match self.engine {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'
                 AND name NOT LIKE '%s^_search%' ESCAPE '^' ORDER BY 1"
            }
            Engine::Postgres => "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        })
        .await
    }

    async fn columns(&self) -> Vec<String> {
        let sql = "SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c
                   WHERE t.type = 'table' ORDER BY t.name, c.cid";
        self.texts(sql).await
    }
}
