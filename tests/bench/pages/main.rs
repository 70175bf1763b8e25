//! What the guard and the middleware cost, as ratios of one interleaved run over real sockets.
//!
//! `cargo bench --bench pages`. The client shares the machine's cores, so the rates are low; both
//! sides of a ratio pay the same for it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

mod client;
mod memory;
mod program;
mod sites;

use std::time::{Duration, Instant};

use client::Connections;
use curfew::settings::Check;
use store::engines;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long each side is loaded in one round.
const ROUND: Duration = Duration::from_millis(700);
/// How many rounds there are of each side, in turn.
const ROUNDS: usize = 9;

/// One address under load, asked in a way of its own.
struct Side {
    name: &'static str,
    connections: Connections,
    rates: Vec<f64>,
}

impl Side {
    fn new(name: &'static str, connections: Connections) -> Self {
        Self { name, connections, rates: Vec::new() }
    }

    async fn load(&mut self) {
        let started = Instant::now();
        let answers = self.connections.ask_for(ROUND).await;
        self.rates.push(f64::from(answers) / started.elapsed().as_secs_f64());
    }

    fn median(&mut self) -> f64 {
        self.rates.sort_by(f64::total_cmp);
        self.rates[self.rates.len() / 2]
    }
}

/// Loads both sides in turn and prints how the first compares with the second.
async fn compare(title: &str, goal: f64, mut side: Side, mut floor: Side) {
    for _ in 0..ROUNDS {
        side.load().await;
        floor.load().await;
    }
    let (rate, base) = (side.median(), floor.median());
    println!(
        "{title:<58} {:>6.2}  goal {goal:.2}   ({} {rate:.0}/s, {} {base:.0}/s)",
        rate / base,
        side.name,
        floor.name
    );
}

async fn guarded(site: &sites::Site, title: &str, goal: f64) {
    let cookie = site.log_in().await;
    compare(
        title,
        goal,
        Side::new("guarded", Connections::open(site.address, "/account", Some(&cookie)).await),
        Side::new("unguarded", Connections::open(site.address, sites::UNGUARDED, None).await),
    )
    .await;
}

#[rocket::main]
async fn main() {
    // `cargo test --benches` only wants to see that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let bare = sites::launch_bare().await;
        println!("\n{engine:?}");
        let site = sites::Site::launch(engine, Check::EveryRequest).await;
        let goal = if engine == store::Engine::Sqlite { 0.7 } else { 0.5 };
        guarded(&site, "GET /account, database read each time / without a guard", goal).await;
        let site = sites::Site::launch(engine, Check::Cached).await;
        guarded(&site, "GET /account, judged from memory / without a guard", 0.95).await;
        compare(
            "GET / without a cookie / without any middleware",
            0.9,
            Side::new("site", Connections::open(site.address, "/", None).await),
            Side::new("bare", Connections::open(bare, "/", None).await),
        )
        .await;
    }
    memory::measure().await;
}
