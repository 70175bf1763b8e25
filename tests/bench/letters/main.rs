//! Pages of a superuser while 10,000 letters wait for a mail server that is gone, compared with a site without letters.
//!
//! `cargo bench --bench letters`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../report.rs"]
mod report;
#[path = "../pages/sides.rs"]
mod sides;
#[path = "../pages/sites.rs"]
mod sites;

use std::net::SocketAddr;

use client::Connections;
use curfew::{
    Curfew,
    store::{Pools, Store},
};
use report::Goal;
use sides::{Side, compare};
use sites::{figment, launch, register};
use sqlx::AssertSqlSafe;
use store::{Database, engines};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WAITING: u32 = 10_000;
const PAGES: [&str; 3] = ["/account", "/admin", "/admin/users"];

/// A site with a superuser.
struct Site {
    at: SocketAddr,
    cookie: String,
    store: Store,
    _database: Database,
}

impl Site {
    async fn of(database: Database) -> Self {
        let figment = figment()
            .merge(("databases.curfew.url", &database.url))
            .merge(("curfew.bcrypt_cost", 4))
            .merge(("curfew.base_url", "http://127.0.0.1:8000"))
            .merge(("secret_key", "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="))
            .merge(("curfew.mail_from", "accounts@example.org"))
            .merge(("curfew.smtp_url", "smtp://127.0.0.1:9?tls=none")); // where nothing listens
        let at = launch(rocket::custom(figment).attach(Curfew::init().catchers())).await;
        let cookie = register(at).await;
        let store = database.open().await;
        run(&store, "UPDATE curfew_users SET is_staff = TRUE, is_superuser = TRUE".to_owned()).await;
        Self { at, cookie, store, _database: database }
    }

    async fn side(&self, name: &'static str, page: &str) -> Side {
        Side::new(name, Connections::open(self.at, page, Some(&self.cookie)).await)
    }
}

async fn run(store: &Store, sql: String) {
    match &store.pools {
        Pools::Sqlite { write, .. } => drop(sqlx::query(AssertSqlSafe(sql)).execute(write).await.unwrap()),
        Pools::Postgres { pool, .. } => drop(sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap()),
    }
}

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let quiet = Site::of(Database::new(engine).await).await;
        let waiting = Site::of(Database::new(engine).await).await;
        let letters = format!(
            "INSERT INTO curfew_letters (kind, user_id, address, address_key, details, queued_at, due_at, state)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {WAITING})
             SELECT 'new-login', 1, 'crowd@example.org', 'crowd@example.org', '{{}}', CURRENT_TIMESTAMP,
                    CURRENT_TIMESTAMP, 'waiting' FROM n"
        );
        run(&waiting.store, letters).await;
        for page in PAGES {
            compare(
                &format!("{engine:?}: GET {page} while {WAITING} letters wait / without letters"),
                Goal::AtLeast(0.95),
                waiting.side("waiting", page).await,
                quiet.side("without", page).await,
            )
            .await;
        }
    }
}
