//! The guard alone, from a request with its cookies to the checked login: no socket, no page.
//!
//! `cargo bench --bench guard`, measured by Criterion. Each iteration uses a new request, because the guard caches its
//! result per request.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../sessions.rs"]
mod sessions;
#[path = "../pages/sites.rs"]
mod sites;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use curfew::{
    gate::{Login, Standings, login_of},
    settings::Check,
};
use rocket::{
    http::Cookie,
    local::asynchronous::{Client, LocalRequest},
    tokio::runtime::Runtime,
};
use sessions::Sessions;
use sites::whole_site;
use store::{Database, engines};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, guard);
criterion_main!(benches);

fn guard(criterion: &mut Criterion) {
    // The feed that the cache depends on needs threads of its own here.
    let runtime = Runtime::new().expect("a runtime");
    for engine in engines() {
        for (name, check) in [("cached", Check::Cached), ("every-request", Check::EveryRequest)] {
            let database = runtime.block_on(Database::new(engine));
            let (client, cookie) = runtime.block_on(logged_in(&database, check));
            criterion.bench_function(&format!("{engine:?}: the guard alone, {name}"), |bencher| {
                let request = || client.get("/account").cookie(cookie.clone());
                let judge = |request| {
                    runtime.block_on(must_be_live(&request));
                    request
                };
                bencher.iter_batched(request, judge, BatchSize::SmallInput);
            });
            runtime.block_on(client.terminate());
        }
    }
}

#[allow(clippy::large_futures, reason = "what it costs to hold is part of it")]
async fn must_be_live(request: &LocalRequest<'_>) {
    let login = login_of(request.inner()).await;
    assert!(matches!(login, Login::Live(_)), "{login:?}");
}

/// The whole site, and the cookie of a user's session.
async fn logged_in(database: &Database, check: Check) -> (Client, Cookie<'static>) {
    let (rocket, keys) = whole_site(database, check, None);
    let client = Client::untracked(rocket).await.expect("the site starts");
    let people = Sessions::of_new_people(database, 1).await;
    people.log_in(1..=1, "n").await;
    people.are_seen_now().await;
    let cookie = people.cookie(&keys.current.cookie_key(), 1, 1);
    // The feed is alive from now on.
    client.rocket().state::<Standings>().expect("the standings are managed").catch_up().await;
    (client, Cookie::parse_encoded(cookie).expect("a cookie"))
}
