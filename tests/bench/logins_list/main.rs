//! The logins list of staff with a million logins: each filter in each order, and the page that promises to end all that
//! match.
//!
//! `cargo bench --bench logins_list`. Creating the logins takes minutes; `CURFEW_BENCH_LOGINS` sets a lower number.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../report.rs"]
mod report;
#[path = "../sessions.rs"]
mod sessions;

mod rows;

use std::{sync::Arc, time::Instant};

use chrono::{SecondsFormat, TimeDelta, Utc};
use curfew::{
    accounts::{Accounts, Actor},
    domain::{
        chosen_logins::{LoginsChoice, LoginsScope},
        lists::{
            logins_filter::{LoginsFields, LoginsFilter},
            logins_query::{LoginsQuery, LoginsSort},
            per_page::PerPage,
            users_query::PageNumber,
        },
        people::role::Role,
    },
    settings::Settings,
};
use report::{Figure, Goal, median, row};
use sessions::Sessions;
use store::{Database, Engine, engines};

/// How often each query runs.
const RUNS: usize = 7;
const SORTS: [&str; 8] = ["login", "-login", "seen", "-seen", "user", "-user", "address", "-address"];
const PAGES: [(&str, &str); 3] = [("1", "20"), ("1", "100"), ("100", "100")];

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let count = std::env::var("CURFEW_BENCH_LOGINS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    for engine in engines() {
        let database = Database::new(engine).await;
        let store = database.open().await;
        let started = Instant::now();
        let users = count / 5;
        Sessions::of_new_people(&database, users).await;
        rows::make(&database.url, count, users).await;
        println!("\n{engine:?}: {count} logins created in {:.0} s", started.elapsed().as_secs_f64());
        let accounts = Accounts::new(store.clone(), Arc::new(Settings::default()));
        lists(engine, &accounts).await;
        previews(engine, &accounts).await;
        store.close().await;
    }
}

/// Each filter alone, and some together.
fn filters() -> Vec<LoginsFilter> {
    let ago = |hours| (Utc::now() - TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Micros, true);
    let (day, lately, old) = (ago(24), ago(2), ago(24 * 9));
    let none = LoginsFields::default();
    let given = [
        none,
        LoginsFields { q: "person4321", ..none },
        LoginsFields { q: "son1", ..none },
        LoginsFields { q: "nobody", ..none },
        LoginsFields { address: "203.0.113.0/24", ..none },
        LoginsFields { address: "192.0.2.7", ..none },
        LoginsFields { address: "10.0.0.0/16", ..none },
        LoginsFields { address: "198.51.100.1", ..none },
        LoginsFields { browser: "curl", ..none },
        LoginsFields { browser: "firefox", ..none },
        LoginsFields { browser: "firefox 145", ..none },
        LoginsFields { system: "linux", ..none },
        LoginsFields { system: "windows", ..none },
        LoginsFields { kind: "token", ..none },
        LoginsFields { kind: "session", ..none },
        LoginsFields { login_from: &day, ..none },
        LoginsFields { login_to: &old, ..none },
        LoginsFields { seen_from: &lately, ..none },
        LoginsFields { seen_to: &day, ..none },
        LoginsFields { address: "10.0.0.0/16", browser: "firefox 145", kind: "token", ..none },
        LoginsFields { browser: "chrome", system: "android", seen_from: &lately, ..none },
    ];
    let all = given.map(|fields| LoginsFields { state: "all", ..fields });
    given.iter().chain(&all).map(|fields| LoginsFilter::parse(fields).unwrap()).collect()
}

/// Prints the slowest queries, and the figures of all.
async fn lists(engine: Engine, accounts: &Accounts) {
    let mut measured = Vec::new();
    for filter in filters() {
        for sort in SORTS {
            for (page, per_page) in PAGES {
                let query = LoginsQuery {
                    filter: filter.clone(),
                    sort: LoginsSort::parse(sort).unwrap(),
                    page: PageNumber::parse(page).unwrap(),
                    per_page: PerPage::parse(per_page).unwrap(),
                };
                let mut times = Vec::new();
                for _ in 0..RUNS {
                    let started = Instant::now();
                    accounts.list_site_logins(&query).await.unwrap();
                    times.push(started.elapsed().as_secs_f64() * 1e3);
                    // Slow queries are not repeated.
                    if times[0] > 1_000.0 {
                        break;
                    }
                }
                let middle = median(&mut times);
                let worst = times.last().copied().unwrap_or_default();
                measured.push((middle, worst, format!("{filter:?} sort={sort} page={page} of {per_page}")));
            }
        }
    }
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = measured.len();
    let slow = measured.iter().filter(|(middle, ..)| *middle >= 50.0).count();
    let late = measured.iter().filter(|(_, worst, _)| *worst >= 150.0).count();
    let worst = measured.iter().map(|(_, worst, _)| *worst).fold(0.0, f64::max);
    let details = format!(
        "the slowest median of {count} queries, {RUNS} times each; nine in ten under {:.1} ms, {slow} at 50 ms or more",
        measured[count * 9 / 10].0
    );
    row(
        &format!("{engine:?}: the logins list"),
        Figure::Milliseconds(measured[count - 1].0),
        Goal::Under(50.0),
        &details,
    );
    let details = format!("the slowest of all; {late} queries had one at 150 ms or more");
    row(&format!("{engine:?}: the logins list"), Figure::Milliseconds(worst), Goal::Under(150.0), &details);
    println!("The slowest:");
    for (middle, worst, question) in measured.iter().rev().take(40) {
        println!("  {middle:>9.1} ms, at worst {worst:>9.1} ms  {question}");
    }
}

/// What staff wait for between the list and the page that promises.
async fn previews(engine: Engine, accounts: &Accounts) {
    let operator = Actor::operator("bench");
    for (name, fields) in [
        ("a hostile network", LoginsFields { address: "203.0.113.0/24", ..LoginsFields::default() }),
        ("a shared address", LoginsFields { address: "192.0.2.7", ..LoginsFields::default() }),
        ("more than one action takes", LoginsFields::default()),
    ] {
        let choice = LoginsChoice::new(LoginsScope::Matching(LoginsFilter::parse(&fields).unwrap()), true);
        let (mut times, mut logins) = (Vec::new(), 0);
        for _ in 0..5 {
            let started = Instant::now();
            let previewed = accounts.preview_end_of_logins(&operator, Role::Superuser, choice.clone()).await.unwrap();
            times.push(started.elapsed().as_secs_f64() * 1e3);
            logins = previewed.counts.sessions + previewed.counts.tokens;
        }
        let title = format!("{engine:?}: the promise to end the logins of {name}");
        row(&title, Figure::Milliseconds(median(&mut times)), Goal::None, &format!("{logins} logins, the median of 5"));
    }
}
