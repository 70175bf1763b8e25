//! A second connection to a test's database: to arrange, to compare, and to take the tables away.

use std::sync::atomic::Ordering;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::store::{Database, Engine, execute, server};

/// The columns that every request may change.
const NOTED_ON_THE_WAY: &str = "last_seen";
/// What each node notes for itself, at its own time.
const OF_NODES: [&str; 3] = ["curfew_nodes", "curfew_receipts", "curfew_shared_counters"];

impl Database {
    /// Runs a statement.
    pub async fn execute(&self, sql: &str) {
        self.is_touched.store(true, Ordering::SeqCst);
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
                connection.close().await.expect("the connection closes");
            }
            Engine::Postgres => execute(&self.url, sql).await,
        }
    }

    /// The rows of a query of one text.
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

    /// The one number that a query asks for.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.texts(&format!("SELECT CAST(({sql}) AS TEXT)")).await;
        rows[0].parse().expect("a number")
    }

    /// Every row of every table, but for what each request notes on its way, and each node for itself.
    pub async fn dump(&self) -> Vec<String> {
        let tables = self.tables().await;
        let mut tables: Vec<_> = tables.into_iter().map(|name| (name, Vec::new())).collect();
        tables.retain(|(name, _)| !OF_NODES.contains(&name.as_str()));
        if self.engine == Engine::Sqlite {
            for column in self.columns().await {
                let (of, name) = column.split_once('.').expect("a table's column");
                tables
                    .iter_mut()
                    .filter(|(table, _)| table == of)
                    .for_each(|(_, columns)| columns.push(name.to_owned()));
            }
        }
        // One statement for all: to connect takes longer than to read a table.
        let rows = tables.iter().map(|(table, columns)| {
            let row = match self.engine {
                Engine::Sqlite => {
                    let quoted = columns.iter().filter(|name| *name != NOTED_ON_THE_WAY);
                    quoted.map(|name| format!("quote(\"{name}\")")).collect::<Vec<_>>().join(" || ',' || ")
                }
                Engine::Postgres => format!("CAST(to_jsonb(t) - '{NOTED_ON_THE_WAY}' AS TEXT)"),
            };
            format!("SELECT '{table} ' || {row} FROM \"{table}\" t")
        });
        self.texts(&format!("{} ORDER BY 1", rows.collect::<Vec<_>>().join(" UNION ALL "))).await
    }

    /// Asserts that its rows are those of that dump, and names those that are not.
    pub async fn must_still_be(&self, dump: &[String], what: &str) {
        let now = self.dump().await;
        let new: Vec<_> = now.iter().filter(|row| !dump.contains(row)).collect();
        let gone: Vec<_> = dump.iter().filter(|row| !now.contains(row)).collect();
        assert!(new.is_empty() && gone.is_empty(), "{what} has changed the database\nnew: {new:#?}\ngone: {gone:#?}");
    }

    /// The same but for what happened: a refused attempt is told, and nothing else is done.
    pub async fn dump_without_events(&self) -> Vec<String> {
        let mut rows = self.dump().await;
        rows.retain(|row| !row.starts_with("curfew_events"));
        rows
    }

    /// The database stops answering: on Postgres every connection is cut and none is let in, on
    /// SQLite the tables are gone.
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

    /// And answers again.
    pub async fn comes_back(&self) {
        match &self.name {
            None => self.rename_tables("_away", "").await,
            Some(name) => execute(&server(), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await,
        }
    }

    async fn rename_tables(&self, from: &str, to: &str) {
        for table in self.tables().await {
            let name = table.strip_suffix(from).expect("all are away, or none");
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
