//! Logins per second, compared with bare bcrypt on all cores, at the site's default cost and through the form.
//!
//! `cargo bench --bench logins`. Rounds of both sides alternate. On both sides a round leaves out the verifications at
//! its start and end, when not every core was busy.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../durability.rs"]
mod durability;
#[path = "../pages/program.rs"]
mod program;
#[path = "../report.rs"]
mod report;
#[path = "../visits.rs"]
mod visits;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use curfew::settings::Settings;
use durability::durability;
use program::Running;
use report::{Figure, Goal, median, row};
use rocket::tokio::task::{JoinSet, spawn_blocking};
use store::{Database, Engine, engines};
use visits::{Form, register};

/// Concurrent logins per core: enough that no core ever waits for the client.
const AT_ONCE_PER_CORE: usize = 4;
/// Logins per round and core.
const ROUND_PER_CORE: usize = 24;
/// The number of rounds per side, alternating.
const ROUNDS: usize = 5;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for engine in engines() {
        measure(engine, cores).await;
    }
}

async fn measure(engine: Engine, cores: usize) {
    let database = Database::new(engine).await;
    let secret = "0123456789abcdef".repeat(4);
    let program = Running::with(vec![("DATABASE_URL", database.url.clone()), ("ROCKET_SECRET_KEY", secret)]);
    let names: Vec<String> = (0..cores * AT_ONCE_PER_CORE).map(|number| format!("person{number}")).collect();
    for name in &names {
        register(program.address, name).await;
    }
    let (mut logins, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        logins.push(rate(log_in(program.address, &names, cores * ROUND_PER_CORE).await, cores));
        let comparing = spawn_blocking(move || compare(cores, ROUND_PER_CORE));
        bare.push(rate(comparing.await.expect("the verifications"), cores));
    }
    let (logins, bare) = (median(&mut logins), median(&mut bare));
    let details = format!("{logins:.2}/s, {bare:.2}/s on {cores} cores; {}", durability(&database).await);
    let title = format!("{engine:?}: logins / bare bcrypt");
    row(&title, Figure::Ratio(logins / bare), Goal::AtLeast(0.95), &details);
}

/// Logs the users in repeatedly and concurrently; returns when each login was answered.
async fn log_in(address: SocketAddr, names: &[String], count: usize) -> Vec<Instant> {
    let begun = Arc::new(AtomicUsize::new(0));
    let mut people = JoinSet::new();
    for name in names {
        let mut form = Form::login(address, name).await;
        let begun = Arc::clone(&begun);
        people.spawn(async move {
            let mut answered = Vec::new();
            while begun.fetch_add(1, Ordering::Relaxed) < count {
                form.send().await;
                answered.push(Instant::now());
            }
            answered
        });
    }
    people.join_all().await.concat()
}

/// Verifies a password against its hash this many times on each core; returns when each verification ended.
fn compare(cores: usize, per_core: usize) -> Vec<Instant> {
    // As long as the digest that the site verifies.
    let (password, cost) = ("0123456789abcdef".repeat(4), Settings::default().bcrypt_cost);
    let hash = bcrypt::hash(&password, cost).expect("a hash");
    let core = || {
        let done = |_| {
            assert!(bcrypt::verify(&password, &hash).expect("a hash"));
            Instant::now()
        };
        (0..per_core).map(done).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(core)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a core")).collect()
    })
}

/// The rate per second while every core is busy: without the first and the last ones.
fn rate(mut done: Vec<Instant>, cores: usize) -> f64 {
    done.sort_unstable();
    let steady = &done[cores - 1..done.len() - cores];
    let time = steady[steady.len() - 1] - steady[0];
    f64::from(u32::try_from(steady.len() - 1).expect("a count")) / time.as_secs_f64()
}
