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

use std::{sync::Arc, time::Instant};

use curfew::{
    accounts::Accounts,
    domain::{
        lists::{
            finder_query::FinderQuery,
            users_filter::{UsersFields, UsersFilter},
            users_query::{PageNumber, Sort, UsersQuery},
        },
        logins::live::LiveByRole,
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
        filters(engine, &store).await;
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

/// Every search, filter by status and role, order and page.
async fn lists(engine: Engine, store: &Store) {
    let mut queries = Vec::new();
    for search in SEARCHES {
        for sort in SORTS {
            for (status, role) in FILTERS {
                for page in PAGES {
                    let fields = UsersFields { q: search, status, role, ..UsersFields::default() };
                    let name = format!("q={search:?} sort={sort} {status}/{role} page={page}");
                    queries.push((name, query(&fields, sort, page)));
                }
            }
        }
    }
    measure(&format!("{engine:?}: the users list, per query"), store, &queries).await;
}

/// Filters by dates and live logins, rare and common ones, in every order.
async fn filters(engine: Engine, store: &Store) {
    let all = UsersFields::default();
    let filters = [
        UsersFields { live: "yes", ..all },
        UsersFields { live: "no", ..all },
        UsersFields { live: "yes", role: "staff", ..all },
        UsersFields { live: "no", status: "inactive", ..all },
        UsersFields { live: "yes", q: "lopez", ..all },
        UsersFields { joined_from: "2024-06-01", ..all },
        UsersFields { joined_from: "2025-03-01", joined_to: "2025-03-20", ..all },
        UsersFields { joined_from: "2025-03-01", joined_to: "2025-03-01", ..all },
        UsersFields { login_from: "2025-06-01", role: "member", ..all },
        UsersFields { login_to: "2024-01-02", ..all },
        UsersFields { seen_from: "2025-10-01", live: "no", ..all },
        UsersFields { seen_to: "2024-03-01", live: "yes", ..all },
        UsersFields { joined_from: "2025-01-01", login_to: "2024-12-01", seen_from: "2025-06-01", ..all },
        UsersFields { joined_to: "2024-12-31", q: "son.m", status: "active", ..all },
    ];
    let mut queries = Vec::new();
    for fields in &filters {
        for sort in SORTS {
            for page in PAGES {
                queries.push((format!("{:?} sort={sort} page={page}", fields.given()), query(fields, sort, page)));
            }
        }
    }
    measure(&format!("{engine:?}: the users by dates and logins"), store, &queries).await;
}

fn query(fields: &UsersFields<'_>, sort: &str, page: &str) -> UsersQuery {
    UsersQuery {
        filter: UsersFilter::parse(fields).unwrap(),
        sort: Sort::parse(sort).unwrap(),
        page: PageNumber::parse(page).unwrap(),
        ..UsersQuery::default()
    }
}

/// Runs every query, and prints the slowest ones and the median of all.
async fn measure(title: &str, store: &Store, queries: &[(String, UsersQuery)]) {
    let mut on = store.read().await.unwrap();
    let live = LiveByRole::unlimited(store.clock().now(&mut on).await.unwrap());
    let mut medians = Vec::new();
    for (name, query) in queries {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let started = Instant::now();
            list_users(&mut on, query, &live).await.unwrap();
            times.push(started.elapsed().as_secs_f64() * 1e3);
            // Slow queries are not repeated.
            if times[0] > 500.0 {
                break;
            }
        }
        medians.push((median(&mut times), name));
    }
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let slow = medians.iter().filter(|(time, _)| *time >= 50.0).count();
    let count = medians.len();
    let details = format!(
        "of {count}, each the median of {RUNS}; nine in ten under {:.1} ms, {slow} at 50 ms or more",
        medians[count * 9 / 10].0
    );
    row(title, Figure::Milliseconds(medians[count / 2].0), Goal::Under(50.0), &details);
    println!("The slowest:");
    for (time, name) in medians.iter().rev().take(12) {
        println!("  {time:>9.1} ms  {name}");
    }
}

async fn overviews(engine: Engine, store: &Store) {
    let mut on = store.read().await.unwrap();
    let now = store.clock().now(&mut on).await.unwrap();
    let live = LiveByRole::unlimited(now);
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
