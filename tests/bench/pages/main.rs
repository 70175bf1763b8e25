//! The cost of the guard and the middleware, as ratios from one interleaved run over real sockets.
//!
//! `cargo bench --bench pages`. The client shares the machine's cores, so the rates are low; this affects both sides of
//! a ratio equally.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../report.rs"]
mod report;

mod client;
mod memory;
mod program;
mod sides;
mod sites;

use client::Connections;
use curfew::settings::Check;
use report::Goal;
use sides::{Side, compare, compare_all};
use store::engines;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// All three pages get the session cookie: a browser sends it to every page of a site.
async fn guarded(site: &sites::Site, title: &str, goal: Goal, goal_of_plain: Goal) {
    let cookie = site.log_in().await;
    let sides = [
        Side::new("guarded", Connections::open(site.address, "/account", Some(&cookie)).await),
        Side::new("unguarded", Connections::open(site.address, sites::UNGUARDED, Some(&cookie)).await),
        Side::new("plain", Connections::open(site.address, sites::PLAIN, Some(&cookie)).await),
    ];
    let ratios = [
        (0, 1, format!("{title} / without a guard"), goal),
        (0, 2, format!("{title} / without a guard, as Rocket renders it"), goal_of_plain),
        (1, 2, format!("{title}, only its rendering / as Rocket renders it"), Goal::None),
    ];
    compare_all(sides, &ratios).await;
}

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let bare = sites::launch_bare().await;
        let site = sites::Site::launch(engine, Check::EveryRequest).await;
        let goal = if engine == store::Engine::Sqlite { 0.7 } else { 0.5 };
        guarded(&site, &format!("{engine:?}: GET /account, every-request"), Goal::AtLeast(goal), Goal::None).await;
        let site = sites::Site::launch(engine, Check::Cached).await;
        let goal_of_plain = Goal::AtLeast(1.3);
        guarded(&site, &format!("{engine:?}: GET /account, cached"), Goal::AtLeast(0.95), goal_of_plain).await;
        site.is_set_up().await;
        compare(
            &format!("{engine:?}: GET / without a cookie / without any middleware"),
            Goal::AtLeast(0.9),
            Side::new("site", Connections::open(site.address, "/", None).await),
            Side::new("bare", Connections::open(bare, "/", None).await),
        )
        .await;
    }
    memory::measure().await;
}
