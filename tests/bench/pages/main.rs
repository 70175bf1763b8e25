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

/// Loads the sides in turn and prints how each but the last compares with those after it.
async fn compare<const N: usize>(mut sides: [Side; N], ratios: &[(usize, usize, &str, f64)]) {
    for _ in 0..ROUNDS {
        for side in &mut sides {
            side.load().await;
        }
    }
    let rates = sides.each_mut().map(Side::median);
    for (side, floor, title, goal) in ratios {
        let (rate, base) = (rates[*side], rates[*floor]);
        println!(
            "{title:<58} {:>6.2}  goal {goal:.2}   ({} {rate:.0}/s, {} {base:.0}/s)",
            rate / base,
            sides[*side].name,
            sides[*floor].name
        );
    }
}

async fn guarded(site: &sites::Site, check: &str, goal: f64, goal_of_plain: f64) {
    let cookie = site.log_in().await;
    let sides = [
        Side::new("guarded", Connections::open(site.address, "/account", Some(&cookie)).await),
        Side::new("unguarded", Connections::open(site.address, sites::UNGUARDED, None).await),
        Side::new("plain", Connections::open(site.address, sites::PLAIN, None).await),
    ];
    let ratios = [
        (0, 1, format!("GET /account, {check} / without a guard"), goal),
        (0, 2, format!("GET /account, {check} / as Rocket renders it"), goal_of_plain),
        (1, 2, "the page without a guard / as Rocket renders it".to_owned(), goal_of_plain),
    ];
    compare(sides, &ratios.each_ref().map(|(side, floor, title, goal)| (*side, *floor, title.as_str(), *goal))).await;
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
        guarded(&site, "database read each time", goal, goal).await;
        let site = sites::Site::launch(engine, Check::Cached).await;
        guarded(&site, "judged from memory", 0.95, 1.3).await;
        compare(
            [
                Side::new("site", Connections::open(site.address, "/", None).await),
                Side::new("bare", Connections::open(bare, "/", None).await),
            ],
            &[(0, 1, "GET / without a cookie / without any middleware", 0.9)],
        )
        .await;
    }
    memory::measure().await;
}
