//! The account page for 100,000 users in turn: the guard's cost, and its memory.
//!
//! `cargo bench --bench crowd`. The client shares the machine's cores; this affects both sides of a ratio equally.

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
#[path = "../sessions.rs"]
mod sessions;
#[path = "../pages/sides.rs"]
mod sides;
#[path = "../pages/sites.rs"]
mod sites;

mod memory;

use std::{
    iter::successors,
    sync::Arc,
    time::{Duration, Instant},
};

use client::{Connections, Requests, get};
use cookie::Key;
use curfew::settings::Check;
use report::Goal;
use rocket::tokio::time::sleep;
use sessions::Sessions;
use sides::{Side, compare};
use sites::{Site, UNGUARDED};
use store::{Database, Engine, engines};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The capacity of the guard's cache.
const PEOPLE: u32 = 100_000;
/// The step from one user to the next, so that neighbours in the tables are not neighbours in time. It is coprime to
/// the number of users.
const STRIDE: u32 = 61_803;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let database = Database::new(engine).await;
        database.open().await.close().await;
        let people = logged_in(&database).await;
        first_time(&database, &people).await;
        cached(&database, &people).await;
        every_request(&database, &people).await;
    }
    memory::measure().await;
}

/// All users, with one session each.
async fn logged_in(database: &Database) -> Sessions<'_> {
    let people = Sessions::of_new_people(database, PEOPLE).await;
    people.log_in(1..=PEOPLE, "n").await;
    people
}

/// The requests for each user's account page, and the same with another path.
fn account_pages(people: &Sessions<'_>, key: &Key) -> [Arc<Requests>; 2] {
    let next = |person: &u32| Some((person + STRIDE) % PEOPLE);
    let everybody = successors(Some(0), next).take(PEOPLE as usize).map(|person| person + 1);
    let cookies: Vec<_> = everybody.map(|person| people.cookie(key, person, person)).collect();
    ["/account", UNGUARDED].map(|path| Requests::new(cookies.iter().map(|cookie| get(path, Some(cookie))).collect()))
}

/// Nothing is cached: each request reads the database and leaves activity to be written.
async fn first_time(database: &Database, people: &Sessions<'_>) {
    let site = Site::over(database.second_handle(), Check::Cached).await;
    let engine = database.engine;
    let pages = account_pages(people, &site.keys.current.cookie_key());
    let title = format!("{engine:?}: GET /account, cached, {PEOPLE} users, first request each / without a guard");
    against_floor(&site, &pages, &title, Goal::None).await;

    // The activity of those requests is not part of the next measurement.
    while people.count_seen().await < pages[0].asked().min(PEOPLE as usize) {
        sleep(Duration::from_millis(200)).await;
    }
}

/// Every user is cached, from a request within the last minute.
async fn cached(database: &Database, people: &Sessions<'_>) {
    let site = Site::over(database.second_handle(), Check::Cached).await;
    let engine = database.engine;
    let pages = account_pages(people, &site.keys.current.cookie_key());
    people.are_seen_now().await;
    let began = Instant::now();
    ask_all(&site, &pages[0]).await;
    let title = format!("{engine:?}: GET /account, cached, {PEOPLE} users / without a guard");
    against_floor(&site, &pages, &title, Goal::AtLeast(0.95)).await;
    if began.elapsed() > Duration::from_mins(1) {
        println!("The round took over a minute: the cache expired for some users, who were read again.");
    }
}

async fn every_request(database: &Database, people: &Sessions<'_>) {
    let site = Site::over(database.second_handle(), Check::EveryRequest).await;
    let engine = database.engine;
    people.are_seen_now().await;
    let pages = account_pages(people, &site.keys.current.cookie_key());
    let goal = Goal::AtLeast(if engine == Engine::Sqlite { 0.7 } else { 0.5 });
    let title = format!("{engine:?}: GET /account, every-request, {PEOPLE} users / without a guard");
    against_floor(&site, &pages, &title, goal).await;
}

async fn against_floor(site: &Site, [guarded, unguarded]: &[Arc<Requests>; 2], title: &str, goal: Goal) {
    compare(
        title,
        goal,
        Side::new("guarded", Connections::open_for(site.address, Arc::clone(guarded)).await),
        Side::new("unguarded", Connections::open_for(site.address, Arc::clone(unguarded)).await),
    )
    .await;
}

/// Requests every user's page once.
async fn ask_all(site: &Site, pages: &Arc<Requests>) {
    let before = pages.asked();
    let mut connections = Connections::open_for(site.address, Arc::clone(pages)).await;
    while pages.asked() - before < PEOPLE as usize {
        connections.ask_for(Duration::from_millis(200)).await;
    }
}
