//! A fresh, migrated database for each test: SQLite always, Postgres where a server is named.
//!
//! Each is a copy of one that was migrated once, since nineteen migrations a test are most of its time.

use std::{fs, hash::Hasher as _, path::Path, sync::atomic::AtomicBool, time::Duration};

use curfew::store::{PoolLimits, Store};
use rocket::tokio::sync::OnceCell;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// Names a Postgres server where databases may be made; `tests/run` starts one and sets it.
const SERVER: &str = "CURFEW_TEST_POSTGRES";
/// Set by `tests/run --all`: tests that need one engine only run on each, and counts are as high as a soak's.
const SOAK: &str = "CURFEW_TEST_SOAK";
/// Held while the database that the others are copies of is made.
const MAKING_TEMPLATE: i64 = 0x6375_7266_6577;

/// As many connections as usual. A race of twenty waits longer for them on a busy machine than a request should.
const PATIENT: PoolLimits = PoolLimits { connections: 8, wait: Duration::from_mins(1) };

/// The name of a SQLite file in its folder.
const FILE: &str = "curfew.db";

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

/// One engine, for a test of what does not depend on it; every engine in a soak.
pub fn any_engine() -> Vec<Engine> {
    if is_soak() { engines() } else { vec![Engine::Sqlite] }
}

/// Whether this run takes its time: more rounds, more cases, every combination.
pub fn is_soak() -> bool {
    std::env::var_os(SOAK).is_some()
}

/// How many rounds, cases or rows: the first number, or the second in a soak.
pub fn quick_or_soak<N>(quick: N, soak: N) -> N {
    if is_soak() { soak } else { quick }
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
    /// Makes a migrated database with nobody in it.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = Self::sqlite();
                fs::write(database.file(), sqlite_template().await).expect("the file is written");
                database
            }
            Engine::Postgres => {
                let template = postgres_template().await;
                Self::postgres(&format!("TEMPLATE {template}")).await
            }
        }
    }

    /// Makes an empty database, without a table.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self::postgres("").await,
        }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let url = format!("sqlite:{}", folder.path().join(FILE).display());
        Self { url, engine: Engine::Sqlite, folder, name: None, is_touched: AtomicBool::new(false) }
    }

    /// Makes an empty database on Postgres, with these options.
    pub async fn postgres(options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let name = format!("curfew_test_{:016x}", rand::random::<u64>());
        execute(&server(), &format!("CREATE DATABASE {name} {options}")).await;
        let url = address_of(&name);
        Self { url, engine: Engine::Postgres, folder, name: Some(name), is_touched: AtomicBool::new(false) }
    }

    /// The SQLite file.
    pub fn file(&self) -> std::path::PathBuf {
        self.folder.path().join(FILE)
    }

    /// The same database by another way to it, which is not gone with this one.
    pub fn by_another_way(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { url: self.url.clone(), engine: self.engine, folder, name: None, is_touched: AtomicBool::default() }
    }

    /// Opens and migrates it.
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
            // The test's own runtime may be gone or busy, so a thread with another does it.
            let dropping = std::thread::spawn(move || {
                let runtime = rocket::tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(execute(&server(), &sql));
            });
            let _ = dropping.join();
        }
    }
}

/// The bytes of a migrated SQLite file, made once by each test program.
async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let database = Database::sqlite();
            database.open().await.close().await;
            fs::read(database.file()).expect("closing the store has written all of it into the one file")
        })
        .await
}

/// The name of a migrated Postgres database, made once for all test programs that know the same migrations.
async fn postgres_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("curfew_template_{:016x}", digest_of_migrations());
            let mut server = PgConnection::connect(&server()).await.expect("Postgres answers");
            // Another test program may be making it.
            let lock = format!("SELECT pg_advisory_lock({MAKING_TEMPLATE})");
            sqlx::query(AssertSqlSafe(lock)).execute(&mut server).await.expect("the lock");
            let known = format!("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");
            let is_there: bool = sqlx::query_scalar(AssertSqlSafe(known)).fetch_one(&mut server).await.expect("a row");
            if !is_there {
                let mut made = Database::postgres("").await;
                made.open().await.close().await;
                // It has its name only when it is whole, and keeps it: this process does not drop it.
                let half_made = made.name.take().expect("a name");
                execute(&self::server(), &format!("ALTER DATABASE {half_made} RENAME TO {name}")).await;
            }
            server.close().await.expect("the connection closes, and with it the lock");
            name
        })
        .await
}

fn digest_of_migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
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

/// The address of a database on the server.
fn address_of(name: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("a database in the address");
    format!("{base}/{name}")
}

/// The address of the server where databases are made.
pub(super) fn server() -> String {
    std::env::var(SERVER).expect("CURFEW_TEST_POSTGRES names a server")
}

/// Runs a statement on Postgres.
pub(super) async fn execute(url: &str, sql: &str) {
    let connecting = rocket::tokio::time::timeout(Duration::from_secs(10), PgConnection::connect(url));
    let mut connection = connecting.await.expect("Postgres answers in time").expect("Postgres answers");
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("Postgres does it");
    connection.close().await.expect("the connection closes");
}
