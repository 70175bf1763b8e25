//! A site: a database of its own, commands on it, and its server while it is up.

use std::sync::atomic::AtomicBool;

use data_encoding::BASE64;
use rocket::tokio::runtime::Runtime;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::{
    browser::Browser,
    program::{Outcome, Program, Running},
    store::{Database, Engine, engines},
};

/// A password that nobody would guess, of everyone here.
pub const PASSWORD: &str = "tangerine-lamp-31";

/// A site, gone when it is dropped.
#[derive(Debug)]
pub struct Site {
    pub server: Option<Server>,
    pub database: Database,
    key: String,
}

/// Runs a test on every engine, the server down.
pub fn on_every_engine(test: impl Fn(&mut Site)) {
    for engine in engines() {
        test(&mut Site::new(engine));
    }
}

/// The same on a database without a table, as on the first day.
pub fn on_every_new_site(test: impl Fn(&mut Site)) {
    for engine in engines() {
        test(&mut Site::over(runtime().block_on(Database::empty(engine))));
    }
}

/// Runs a test on every engine, with the server down and with the server up.
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

    /// On a database of Postgres without a table, which was made with these options.
    pub fn on_postgres(options: &str) -> Self {
        Self::over(runtime().block_on(Database::postgres(options)))
    }

    /// On the database at that address, which is not gone with it.
    pub fn at(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let is_touched = AtomicBool::default();
        Self::over(Database { url: url.to_owned(), engine: Engine::Postgres, folder, name: None, is_touched })
    }

    fn over(database: Database) -> Self {
        Self { server: None, database, key: BASE64.encode(&rand::random::<[u8; 64]>()) }
    }

    /// A start of the program on this site.
    pub fn program(&self, args: &[&str]) -> Program {
        let program = Program::new(args)
            .set("DATABASE_URL", &self.database.url)
            .set("CURFEW_BCRYPT_COST", "4")
            .set("ROCKET_ADDRESS", "127.0.0.1")
            // The system chooses a free one, and the program says which.
            .set("ROCKET_PORT", "0");
        match self.database.engine {
            Engine::Sqlite => program,
            Engine::Postgres => program.set("ROCKET_SECRET_KEY", &self.key),
        }
    }

    /// The secret key that is set, on Postgres.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A command on this site.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.program(args).run()
    }

    /// Makes an account with the password of everyone here.
    #[track_caller]
    pub fn make_user(&self, name: &str, more: &[&str]) {
        let email = format!("{name}@example.org");
        let args = [&["user", "create", name, "--email", &email, "--password-stdin"], more].concat();
        self.program(&args).run_with(format!("{PASSWORD}\n").as_bytes()).done();
    }

    /// An account, as `--json` shows it.
    #[track_caller]
    pub fn show(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.run(&["user", "show", name, "--json"]).done()).expect("one JSON object")
    }

    /// Starts the server and waits until it serves.
    pub fn start(&mut self) {
        self.server = Some(Server::wait_for(self.program(&["serve"]).start()));
    }

    /// A new browser on the server, which is started if it is down.
    pub fn browser(&mut self) -> Browser {
        if self.server.is_none() {
            self.start();
        }
        Browser::new(&self.server.as_ref().expect("a server").address)
    }

    /// A new browser in which that person has logged in.
    #[track_caller]
    pub fn logged_in(&mut self, name: &str) -> Browser {
        let mut browser = self.browser();
        assert!(browser.logs_in(name, PASSWORD), "{name} logs in");
        browser
    }

    /// Has the database say that a later version has migrated it so.
    pub fn has_migration(&self, version: u32, description: &str) {
        self.sql(&format!(
            "INSERT INTO curfew_migrations (version, description, installed_on, success, checksum, execution_time)
             SELECT {version}, '{description}', installed_on, success, checksum, execution_time
             FROM curfew_migrations LIMIT 1"
        ));
    }

    /// Whether its database is a file.
    pub fn is_on_sqlite(&self) -> bool {
        self.database.engine == Engine::Sqlite
    }

    /// The number that a query gives.
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

    /// Keeps every node from writing its lease, until what this gives is dropped.
    pub fn holds_back_leases(&self) -> impl Drop {
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
        Held { _connections: held.expect("the database does it"), _runtime: runtime }
    }

    /// Writes to the database, as a hand might.
    pub fn sql(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let url = &self.database.url;
        let written = runtime().block_on(async {
            match self.database.engine {
                Engine::Sqlite => sqlx::query(sql).execute(&mut SqliteConnection::connect(url).await?).await.map(drop),
                Engine::Postgres => sqlx::query(sql).execute(&mut PgConnection::connect(url).await?).await.map(drop),
            }
        });
        written.expect("the database does it");
    }
}

/// A lock, and what keeps its connection open.
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

/// A server that answers.
#[derive(Debug)]
pub struct Server {
    pub running: Running,
    /// The address it says it is at, without the scheme.
    pub address: String,
    /// The setup code that it printed.
    pub setup_code: Option<String>,
}

impl Server {
    /// Waits until the program that was started serves.
    pub fn wait_for(mut running: Running) -> Self {
        let address = running.until_it_says(|line| {
            let (_, address) = line.split_once(" at http://")?;
            Some(address.trim_end_matches("/setup").to_owned())
        });
        // The code comes in the line before.
        let setup_code = running.heard("Setup code: ");
        let server = Self { running, address, setup_code };
        assert_eq!(Browser::new(&server.address).get("/readyz").status, 200);
        server
    }

    /// Ends it as a power cut does, and waits until it is gone.
    pub fn kill(self) {
        self.running.signal("KILL");
        drop(self.running);
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(self) -> Outcome {
        self.running.signal("TERM");
        self.running.wait()
    }
}
