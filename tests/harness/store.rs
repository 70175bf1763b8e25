//! A fresh, migrated database for each test: always on SQLite, and on Postgres if a server is configured.
//!
//! Each is a copy of a template, because running all migrations would take most of a test's time.

use std::{
    fs,
    hash::Hasher as _,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::Duration,
};

use curfew::store::{PoolLimits, Store};
use rocket::tokio::sync::OnceCell;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// The URL of a Postgres server on which tests may create databases; `tests/run` starts one and sets this variable.
const SERVER: &str = "CURFEW_TEST_POSTGRES";
/// Set by `tests/run --all`: tests that normally use one engine run on each, with the higher counts of a soak.
const SOAK: &str = "CURFEW_TEST_SOAK";
/// The key of the advisory lock held while the template database is created.
const TEMPLATE_LOCK: i64 = 0x6375_7266_6577;

/// The default number of connections. On a busy machine, a race of twenty waits longer for one than a request should.
const PATIENT: PoolLimits =
    PoolLimits { connections: 8, wait: Duration::from_mins(1), transaction: Duration::from_mins(1) };

/// The name of the SQLite file.
const FILE: &str = "curfew.db";

/// The database engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A SQLite file in a folder of its own.
    Sqlite,
    /// A database on the Postgres server that the environment names.
    Postgres,
}

/// SQLite, and Postgres if the environment names a server. A test fails, and is never skipped, if that server does
/// not answer.
pub fn engines() -> Vec<Engine> {
    if std::env::var_os(SERVER).is_some() { vec![Engine::Sqlite, Engine::Postgres] } else { vec![Engine::Sqlite] }
}

/// One engine, for tests that do not depend on the engine; every engine in a soak.
pub fn any_engine() -> Vec<Engine> {
    if is_soak() { engines() } else { vec![Engine::Sqlite] }
}

/// Whether this is a soak: more rounds, more cases, every combination.
pub fn is_soak() -> bool {
    std::env::var_os(SOAK).is_some()
}

/// Returns the first value, or the second in a soak.
pub fn quick_or_soak<N>(quick: N, soak: N) -> N {
    if is_soak() { soak } else { quick }
}

/// A database for one test; deleted when dropped.
#[derive(Debug)]
pub struct Database {
    /// Its URL.
    pub url: String,
    pub engine: Engine,
    /// The folder of the SQLite file, and of any other file of the test.
    pub folder: TempDir,
    /// The database name, on Postgres.
    pub name: Option<String>,
    /// Whether the test changed the database directly, without the site.
    pub is_changed_directly: AtomicBool,
}

impl Database {
    /// Creates a migrated database without users.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = Self::sqlite();
                fs::write(database.file(), sqlite_template().await).expect("the file is written");
                database
            }
            Engine::Postgres => {
                let template = postgres_template().await;
                // The default strategy writes every page of the template to the log, which takes five times as long.
                Self::postgres(&format!("TEMPLATE {template} STRATEGY FILE_COPY")).await
            }
        }
    }

    /// Creates an empty database, without tables.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self::postgres("").await,
        }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let url = format!("sqlite:{}", folder.path().join(FILE).display());
        Self { url, engine: Engine::Sqlite, folder, name: None, is_changed_directly: AtomicBool::new(false) }
    }

    /// Creates an empty Postgres database with these options.
    pub async fn postgres(options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let name = format!("curfew_test_{:016x}", rand::random::<u64>());
        execute(&server(), &format!("CREATE DATABASE {name} {options}")).await;
        let url = address_of(&name);
        Self { url, engine: Engine::Postgres, folder, name: Some(name), is_changed_directly: AtomicBool::new(false) }
    }

    /// The SQLite file.
    pub fn file(&self) -> std::path::PathBuf {
        self.folder.path().join(FILE)
    }

    /// A second handle to the same database; dropping it deletes nothing.
    pub fn second_handle(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self {
            url: self.url.clone(),
            engine: self.engine,
            folder,
            name: None,
            is_changed_directly: AtomicBool::default(),
        }
    }

    /// Opens and migrates the database.
    pub async fn open(&self) -> Store {
        let store = Store::open(&self.url, PATIENT).await.expect("the database opens");
        store.migrate().await.expect("the database is migrated");
        store
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // The test's own runtime may be gone or busy, so another thread uses its own.
            let dropping = std::thread::spawn(move || {
                let runtime = rocket::tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(execute(&server(), &sql));
            });
            let _ = dropping.join();
        }
    }
}

/// The bytes of a migrated SQLite file, created once per test program.
async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let database = Database::sqlite();
            database.open().await.close().await;
            fs::read(database.file()).expect("closing the store writes everything into one file")
        })
        .await
}

/// The name of a migrated Postgres database, created once per set of migrations and shared by all test programs.
async fn postgres_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("curfew_template_{:016x}", digest_of_migrations());
            let mut server = PgConnection::connect(&server()).await.expect("Postgres answers");
            // Another test program may be creating it.
            let lock = format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})");
            sqlx::query(AssertSqlSafe(lock)).execute(&mut server).await.expect("the lock");
            let known = format!("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");
            let is_there: bool = sqlx::query_scalar(AssertSqlSafe(known)).fetch_one(&mut server).await.expect("a row");
            if !is_there {
                let mut made = Database::postgres("").await;
                made.open().await.close().await;
                // Renamed only when complete, so nobody copies an incomplete template. Taking the name keeps it from
                // being dropped.
                let half_made = made.name.take().expect("a name");
                execute(&self::server(), &format!("ALTER DATABASE {half_made} RENAME TO {name}")).await;
            }
            server.close().await.expect("the connection closes, and with it the lock");
            name
        })
        .await
}

/// The folder of the project. The packages that have this file are it, or below it.
pub fn project() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("migrations").is_dir()).expect("the project").to_owned()
}

fn digest_of_migrations() -> u64 {
    let folder = project().join("migrations/postgres");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the migrations").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let mut digest = std::hash::DefaultHasher::new();
    for file in files {
        digest.write(file.as_os_str().as_encoded_bytes());
        digest.write(&fs::read(file).expect("a migration"));
    }
    digest.finish()
}

/// The URL of a database on the server.
fn address_of(name: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("a database in the address");
    format!("{base}/{name}")
}

/// The URL of the server on which databases are created.
pub(super) fn server() -> String {
    std::env::var(SERVER).expect("CURFEW_TEST_POSTGRES names a server")
}

/// Executes a statement on Postgres.
pub(super) async fn execute(url: &str, sql: &str) {
    let connecting = rocket::tokio::time::timeout(Duration::from_secs(10), PgConnection::connect(url));
    let mut connection = connecting.await.expect("Postgres answers in time").expect("Postgres answers");
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("Postgres accepts it");
    connection.close().await.expect("the connection closes");
}
