//! A fresh, migrated database for each test: SQLite always, Postgres where a server is named.

use std::{sync::atomic::AtomicBool, time::Duration};

use curfew::store::Store;
use tempfile::TempDir;

/// Names a Postgres server where databases may be made; `tests/run` starts one and sets it.
const SERVER: &str = "CURFEW_TEST_POSTGRES";

/// The engines that a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a folder of its own.
    Sqlite,
    /// A database of its own on the server that the environment names.
    Postgres,
}

/// SQLite, and Postgres where the environment names a server. A named server that does not answer
/// fails the test; it is never passed over.
pub fn engines() -> Vec<Engine> {
    if std::env::var_os(SERVER).is_some() { vec![Engine::Sqlite, Engine::Postgres] } else { vec![Engine::Sqlite] }
}

/// A database for one test, gone when it is dropped.
#[derive(Debug)]
pub struct Database {
    /// Its address.
    pub url: String,
    /// Which engine it is.
    pub engine: Engine,
    /// The folder of the SQLite file, and of whatever else the test wants to leave somewhere.
    pub folder: TempDir,
    /// Its name on the server, on Postgres.
    pub name: Option<String>,
    /// Whether a test has done something to it that the site was not asked to do.
    pub is_touched: AtomicBool,
}

impl Database {
    /// Makes an empty database.
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        match engine {
            Engine::Sqlite => {
                let url = format!("sqlite:{}", folder.path().join("curfew.db").display());
                Self { url, engine, folder, name: None, is_touched: AtomicBool::new(false) }
            }
            Engine::Postgres => {
                let name = format!("curfew_test_{:016x}", rand::random::<u64>());
                let server = server();
                execute(&server, &format!("CREATE DATABASE {name}")).await;
                let (base, _) = server.rsplit_once('/').expect("a database in the address");
                Self {
                    url: format!("{base}/{name}"),
                    engine,
                    folder,
                    name: Some(name),
                    is_touched: AtomicBool::new(false),
                }
            }
        }
    }

    /// The same database by another way to it, which is not gone with this one.
    pub fn by_another_way(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { url: self.url.clone(), engine: self.engine, folder, name: None, is_touched: AtomicBool::default() }
    }

    /// Opens and migrates it.
    pub async fn open(&self) -> Store {
        let store = Store::open(&self.url, Some(8)).await.expect("the database opens");
        store.migrate().await.expect("the database is migrated");
        store
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // The test's own runtime may be gone or busy, so a thread with another does it.
            let dropping = std::thread::spawn(move || {
                let runtime = rocket::tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(execute(&server(), &sql));
            });
            let _ = dropping.join();
        }
    }
}

/// The address of the server where databases are made.
pub(super) fn server() -> String {
    std::env::var(SERVER).expect("CURFEW_TEST_POSTGRES names a server")
}

/// Runs a statement on Postgres.
pub(super) async fn execute(url: &str, sql: &str) {
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
    let connecting = rocket::tokio::time::timeout(Duration::from_secs(10), PgConnection::connect(url));
    let mut connection = connecting.await.expect("Postgres answers in time").expect("Postgres answers");
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("Postgres does it");
    connection.close().await.expect("the connection closes");
}
