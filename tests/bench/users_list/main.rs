//! The users list, the finder and the overview of staff with a million accounts: the median of each query.
//!
//! `cargo bench --bench users_list`. Creating the accounts takes minutes; `CURFEW_BENCH_USERS` sets a lower number.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../report.rs"]
mod report;

mod people;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use curfew::{
    accounts::Accounts,
    domain::{
        lists::{
            finder_query::FinderQuery,
            users_filter::UsersFilter,
            users_query::{PageNumber, Sort, UsersQuery},
        },
        logins::live::{LiveAfter, LiveByRole},
        standing::{Limits, SiteStanding},
    },
    settings::Settings,
    store::{
        Store,
        lists::{overview, users::list_users},
    },
};
use report::{Figure, Goal, median, row};
use store::{Database, Engine, engines};

/// How often each query runs.
const RUNS: usize = 5;
/// Search texts, from matching everyone to matching nobody.
const SEARCHES: [&str; 13] = [
    "",
    "a",
    "q",
    "zx",
    "qq",
    "mail",
    "ana",
    "lopez",
    "son.m",
    "xq",
    "42",
    "nobody-at-all",
    "ana.lopez77@mail.example",
];
const SORTS: [&str; 10] = [
    "username",
    "-username",
    "email",
    "-email",
    "date_joined",
    "-date_joined",
    "last_login",
    "-last_login",
    "last_seen",
    "-last_seen",
];
const FILTERS: [(&str, &str); 6] =
    [("", ""), ("inactive", ""), ("active", ""), ("", "staff"), ("", "member"), ("inactive", "member")];
const PAGES: [&str; 3] = ["1", "40", "400"];

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let users = std::env::var("CURFEW_BENCH_USERS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    for engine in engines() {
        let database = Database::new(engine).await;
        let store = database.open().await;
        let started = Instant::now();
        people::make(&database.url, users).await;
        println!("\n{engine:?}: {users} accounts created in {:.0} s", started.elapsed().as_secs_f64());
        finder(engine, &store).await;
        lists(engine, &store).await;
        overviews(engine, &store).await;
        store.close().await;
    }
}

/// What staff type, letter by letter: names, emails, parts of both, ids, and what nobody is called.
const TYPED: [&str; 14] = [
    "ana.lopez77",
    "lopez_ana42",
    "keiko-f42",
    "dmitri.petrov123456@work.example.com",
    "zzz",
    "work.example",
    "uni.example.net",
    "son.m",
    "opez9",
    "xqzv",
    "424242",
    "@mail",
    ".",
    "abcdefghijklmnop",
];

/// Runs the finder for each text while it is typed.
async fn finder(engine: Engine, store: &Store) {
    let accounts = Accounts::new(store.clone(), Arc::new(Settings::default()));
    let mut medians = Vec::new();
    for whole in TYPED {
        for (end, letter) in whole.char_indices() {
            let text = &whole[..end + letter.len_utf8()];
            let query = FinderQuery::parse(text).unwrap().unwrap();
            let mut times = Vec::new();
            for _ in 0..RUNS {
                let started = Instant::now();
                accounts.find(&query).await.unwrap();
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
            medians.push((median(&mut times), format!("q={text:?}")));
        }
    }
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (count, worst) = (medians.len(), medians.last().map_or(0.0, |(time, _)| *time));
    let details = format!("of {count} texts, each the median of {RUNS}; the worst takes {worst:.1} ms");
    let middle = Figure::Milliseconds(medians[count / 2].0);
    row(&format!("{engine:?}: the finder, per text"), middle, Goal::Under(50.0), &details);
    println!("The slowest:");
    for (time, text) in medians.iter().rev().take(6) {
        println!("  {time:>9.1} ms  {text}");
    }
}

/// Runs every query, and prints the slowest ones and the medians of all.
async fn lists(engine: Engine, store: &Store) {
    let mut on = store.read().await.unwrap();
    let now = store.clock().now(&mut on).await.unwrap();
    let mut medians = Vec::new();
    for search in SEARCHES {
        for sort in SORTS {
            for (status, role) in FILTERS {
                for page in PAGES {
                    let query = UsersQuery {
                        filter: UsersFilter::parse(search, status, role).unwrap(),
                        sort: Sort::parse(sort).unwrap(),
                        page: PageNumber::parse(page).unwrap(),
                    };
                    let mut times = Vec::new();
                    for _ in 0..RUNS {
                        let started = Instant::now();
                        list_users(&mut on, &query, now).await.unwrap();
                        times.push(started.elapsed().as_secs_f64() * 1e3);
                        // Slow queries are not repeated.
                        if times[0] > 500.0 {
                            break;
                        }
                    }
                    medians.push((median(&mut times), format!("q={search:?} sort={sort} {status}/{role} page={page}")));
                }
            }
        }
    }
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let slow = medians.iter().filter(|(time, _)| *time >= 50.0).count();
    let count = medians.len();
    let details = format!(
        "of {count}, each the median of {RUNS}; nine in ten under {:.1} ms, {slow} at 50 ms or more",
        medians[count * 9 / 10].0
    );
    let middle = Figure::Milliseconds(medians[count / 2].0);
    row(&format!("{engine:?}: the users list, per query"), middle, Goal::Under(50.0), &details);
    println!("The slowest:");
    for (time, question) in medians.iter().rev().take(12) {
        println!("  {time:>9.1} ms  {question}");
    }
}

async fn overviews(engine: Engine, store: &Store) {
    let mut on = store.read().await.unwrap();
    let now = store.clock().now(&mut on).await.unwrap();
    let all = LiveAfter::of_site(
        &SiteStanding::default(),
        Limits { lifetime: Duration::MAX, idle: Duration::MAX },
        Duration::ZERO,
        now,
    );
    let live = LiveByRole { member: all, staff: all, now };
    let mut times = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        overview::get_counts(&mut on, now, &live).await.unwrap();
        overview::list_scheduled(&mut on, 15).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let middle = Figure::Milliseconds(median(&mut times));
    row(&format!("{engine:?}: the overview of staff"), middle, Goal::Under(50.0), "");
}
