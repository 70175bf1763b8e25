//! A site: its own database, commands on it, and its server while it runs.

use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, sync::atomic::AtomicBool};

use data_encoding::BASE64;
use rocket::tokio::runtime::Runtime;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::{
    browser::Browser,
    program::{Outcome, Program, Running},
    store::{Database, Engine, engines},
};

/// A strong password, used for every user here.
pub const PASSWORD: &str = "tangerine-lamp-31";

/// A site; removed when dropped.
#[derive(Debug)]
pub struct Site {
    pub server: Option<Server>,
    pub database: Database,
    key: String,
}

/// Runs a test on every engine with the server stopped.
pub fn on_every_engine(test: impl Fn(&mut Site)) {
    for engine in engines() {
        test(&mut Site::new(engine));
    }
}

/// Runs a test that does not depend on the engine, with the server stopped.
pub fn on_sqlite(test: impl Fn(&mut Site)) {
    test(&mut Site::new(Engine::Sqlite));
}

/// Runs a test on every engine with an empty database, as on the first day.
pub fn on_every_new_site(test: impl Fn(&mut Site)) {
    for engine in engines() {
        test(&mut Site::over(runtime().block_on(Database::empty(engine))));
    }
}

/// Runs a test on every engine, with the server stopped and with it running.
pub fn down_and_up(test: impl Fn(&mut Site)) {
    on_every_engine(&test);
    on_every_engine(|site| {
        site.start();
        test(site);
    });
}

impl Site {
    fn new(engine: Engine) -> Self {
        Self::over(runtime().block_on(Database::new(engine)))
    }

    /// A site on an empty Postgres database created with these options.
    pub fn on_postgres(options: &str) -> Self {
        Self::over(runtime().block_on(Database::postgres(options)))
    }

    /// A site on the database at this URL, which is kept when the site is dropped.
    pub fn at(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let is_changed_directly = AtomicBool::default();
        Self::over(Database { url: url.to_owned(), engine: Engine::Postgres, folder, name: None, is_changed_directly })
    }

    fn over(database: Database) -> Self {
        let key = BASE64.encode(&rand::random::<[u8; 64]>());
        // A database that is there already has its key next to it.
        let folder = database.folder.path();
        if folder.join("curfew.db").exists() {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(folder.join("secret.key")).and_then(|mut file| file.write_all(key.as_bytes())).expect("a key");
        }
        Self { server: None, database, key }
    }

    /// The program for this site, not started yet.
    pub fn program(&self, args: &[&str]) -> Program {
        let program = Program::new(args)
            .set("DATABASE_URL", &self.database.url)
            .set("CURFEW_BCRYPT_COST", "4")
            .set("ROCKET_ADDRESS", "127.0.0.1")
            // The system chooses a free port, and the program prints it.
            .set("ROCKET_PORT", "0");
        match self.database.engine {
            Engine::Sqlite => program,
            Engine::Postgres => program.set("ROCKET_SECRET_KEY", &self.key),
        }
    }

    /// The secret key in the settings, on Postgres.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Runs a command on this site.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.program(args).run()
    }

    /// Creates a user with [`PASSWORD`].
    #[track_caller]
    pub fn make_user(&self, name: &str, more: &[&str]) {
        let email = format!("{name}@example.org");
        let args = [&["user", "create", name, "--email", &email, "--password-stdin"], more].concat();
        self.program(&args).run_with(format!("{PASSWORD}\n").as_bytes()).done();
    }

    /// A user, from `--json`.
    #[track_caller]
    pub fn show(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.run(&["user", "show", name, "--json"]).done()).expect("one JSON object")
    }

    /// Starts the server and waits until it is ready.
    pub fn start(&mut self) {
        self.server = Some(Server::wait_for(self.program(&["serve"]).start()));
    }

    /// A new browser for the server, which is started if needed.
    pub fn browser(&mut self) -> Browser {
        if self.server.is_none() {
            self.start();
        }
        Browser::new(&self.server.as_ref().expect("a server").address)
    }

    /// A new browser in which this user is logged in.
    #[track_caller]
    pub fn logged_in(&mut self, name: &str) -> Browser {
        let mut browser = self.browser();
        assert!(browser.logs_in(name, PASSWORD), "{name} logs in");
        browser
    }

    /// Inserts a migration of a later version into the database.
    pub fn has_migration(&self, version: u32, description: &str) {
        self.sql(&format!(
            "INSERT INTO curfew_migrations (version, description, installed_on, success, checksum, execution_time)
             SELECT {version}, '{description}', installed_on, success, checksum, execution_time
             FROM curfew_migrations LIMIT 1"
        ));
    }

    pub fn is_on_sqlite(&self) -> bool {
        self.database.engine == Engine::Sqlite
    }

    /// The result of a query that returns one number.
    pub fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        let url = &self.database.url;
        let read = runtime().block_on(async {
            match self.database.engine {
                Engine::Sqlite => sqlx::query_scalar(sql).fetch_one(&mut SqliteConnection::connect(url).await?).await,
                Engine::Postgres => sqlx::query_scalar(sql).fetch_one(&mut PgConnection::connect(url).await?).await,
            }
        });
        read.expect("the database answers")
    }

    /// Keeps every node from renewing its lease until the returned value is dropped.
    pub fn block_leases(&self) -> impl Drop {
        let runtime = runtime();
        let held = runtime.block_on(async {
            match self.database.engine {
                Engine::Sqlite => {
                    let mut connection = SqliteConnection::connect(&self.database.url).await?;
                    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
                    Ok::<_, sqlx::Error>((Some(connection), None))
                }
                Engine::Postgres => {
                    let mut connection = PgConnection::connect(&self.database.url).await?;
                    sqlx::raw_sql("BEGIN; LOCK TABLE curfew_nodes IN EXCLUSIVE MODE").execute(&mut connection).await?;
                    Ok((None, Some(connection)))
                }
            }
        });
        Held { _connections: held.expect("the database accepts it"), _runtime: runtime }
    }

    /// Writes to the database with SQL.
    pub fn sql(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let url = &self.database.url;
        let written = runtime().block_on(async {
            match self.database.engine {
                Engine::Sqlite => sqlx::query(sql).execute(&mut SqliteConnection::connect(url).await?).await.map(drop),
                Engine::Postgres => sqlx::query(sql).execute(&mut PgConnection::connect(url).await?).await.map(drop),
            }
        });
        written.expect("the database accepts it");
    }
}

/// A lock, and the runtime that keeps its connection open.
struct Held {
    _connections: (Option<SqliteConnection>, Option<PgConnection>),
    _runtime: Runtime,
}

impl Drop for Held {
    fn drop(&mut self) {}
}

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    pub running: Running,
    /// The address that it printed, without the scheme.
    pub address: String,
    /// The setup code that it printed.
    pub setup_code: Option<String>,
}

impl Server {
    /// Waits until the started program is ready.
    pub fn wait_for(mut running: Running) -> Self {
        let address = running.until_it_prints(|line| {
            let (_, address) = line.split_once(" at http://")?;
            Some(address.trim_end_matches("/setup").to_owned())
        });
        // The code is printed on the line before.
        let setup_code = running.heard("Setup code: ");
        let server = Self { running, address, setup_code };
        assert_eq!(Browser::new(&server.address).get("/readyz").status, 200);
        server
    }

    /// Kills the server, as a power cut does, and waits until it is gone.
    pub fn kill(self) {
        self.running.signal("KILL");
        drop(self.running);
    }

    /// Stops the server and waits for its end.
    pub fn stop(self) -> Outcome {
        self.running.signal("TERM");
        self.running.wait()
    }
}
