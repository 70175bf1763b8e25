//! A page behind a guard, in a host that has added Curfew, compared with the same page in the program of Curfew alone.
//! And how long such a host takes to start.
//!
//! `cargo bench --bench host`.

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

use std::{net::SocketAddr, time::Instant};

use client::{Connections, ask, connect, get};
use curfew::{Curfew, SignedIn, settings::Check};
use report::{Figure, Goal, median, row};
use rocket::{Build, Rocket, get, routes};
use sides::{Side, compare};
use sites::{Site, figment, launch, register};
use store::{Database, engines};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STARTS: usize = 10;

#[get("/garden")]
fn garden(me: SignedIn<'_>) -> String {
    format!("Hello, {}", me.username())
}

/// A program with a page of its own. Its settings are those of the bench.
fn host(database: &Database) -> Rocket<Build> {
    let figment = figment()
        .merge(("secret_key", "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="))
        .merge(("databases.curfew.url", &database.url))
        .merge(("curfew.bcrypt_cost", 4));
    rocket::custom(figment).attach(Curfew::init()).mount("/", routes![garden])
}

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let program = Site::with(Database::new(engine).await, (Check::Cached, None), routes![garden]).await;
        let database = Database::new(engine).await;
        let at = launch(host(&database)).await;
        compare(
            &format!("{engine:?}: GET /garden in a host / in the program of Curfew alone"),
            Goal::AtLeast(0.95),
            side("host", at, &register(at).await).await,
            side("program", program.address, &program.log_in().await).await,
        )
        .await;
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let started = Instant::now();
            let at = launch(host(&database)).await;
            let answer = ask(&mut connect(at).await, get("/garden", None).as_bytes()).await;
            times.push(started.elapsed().as_secs_f64() * 1e3);
            assert_eq!(answer.status, 303, "{}", answer.body);
        }
        let details = format!("worst of {STARTS} {:.1} ms", times.iter().copied().fold(0.0, f64::max));
        row(
            &format!("{engine:?}: a host starts"),
            Figure::Milliseconds(median(&mut times)),
            Goal::Under(100.0),
            &details,
        );
    }
}

async fn side(name: &'static str, at: SocketAddr, cookie: &str) -> Side {
    Side::new(name, Connections::open(at, "/garden", Some(cookie)).await)
}
