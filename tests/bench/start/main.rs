//! From the start of the program to its first response, on an existing, migrated database.
//!
//! `cargo bench --bench start`. After its first start, the program is in the system's page cache.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../pages/program.rs"]
mod program;
#[path = "../report.rs"]
mod report;

use std::time::Instant;

use client::{ask, connect, get};
use program::Running;
use report::{Figure, Goal, median, row};
use store::{Database, engines};

/// The number of starts per page.
const STARTS: usize = 10;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let database = Database::new(engine).await;
        database.open().await.close().await;
        for page in ["/", "/readyz"] {
            let mut times = Vec::new();
            for _ in 0..STARTS {
                times.push(first_answer(&database.url, page).await);
            }
            let middle = median(&mut times);
            let details = format!("worst of {STARTS} {:.1} ms", times[times.len() - 1]);
            row(&format!("{engine:?}: start to GET {page}"), Figure::Milliseconds(middle), Goal::None, &details);
        }
    }
}

/// Starts the program, requests a page as soon as it listens, and stops it. Returns the time in between, in
/// milliseconds.
async fn first_answer(database: &str, page: &str) -> f64 {
    let secret = "0123456789abcdef".repeat(4);
    let settings = vec![("DATABASE_URL", database.to_owned()), ("ROCKET_SECRET_KEY", secret)];
    let started = Instant::now();
    let program = Running::with(settings);
    let mut stream = connect(program.address).await;
    let answer = ask(&mut stream, get(page, None).as_bytes()).await;
    let time = started.elapsed();
    assert_eq!(answer.status, 200, "{}", answer.body);
    time.as_secs_f64() * 1e3
}
