//! The events list of staff with a million events: the median of each query.
//!
//! `cargo bench --bench events_list`. Creating the events takes minutes; `CURFEW_BENCH_EVENTS` sets a lower number.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../report.rs"]
mod report;

mod events;

use std::time::Instant;

use curfew::{
    domain::{
        address_key::Network,
        event_kind::EventKind,
        lists::{
            events_query::{EventSort, EventsQuery, parse_browser},
            users_filter::SearchText,
            users_query::PageNumber,
        },
        period::Period,
    },
    store::{Store, lists::events::list_events},
};
use report::{Figure, Goal, median, row};
use store::{Database, Engine, engines};

/// How often each query runs.
const RUNS: usize = 3;
const SORTS: [&str; 8] = ["-time", "time", "kind", "-kind", "address", "-address", "browser", "-browser"];
/// An address of many events and of few, networks of many, of a past attack, and of all, and one without events.
const NETWORKS: [&str; 7] =
    ["", "192.0.2.7", "10.0.3.9", "10.0.0.0/16", "198.51.100.0/24", "0.0.0.0/0", "203.0.113.0/24"];
const BROWSERS: [&str; 4] = ["", "firefox", "Firefox 145", "opera"];
const KINDS: [Option<EventKind>; 3] = [None, Some(EventKind::Login), Some(EventKind::Deleted)];
const PERIODS: [(&str, &str); 3] = [("", ""), ("2025-06-01", "2025-06-02"), ("2025-02-01", "")];
const SEARCHES: [&str; 3] = ["", "user4", "user123456"];
const PAGES: [&str; 3] = ["1", "40", "400"];

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let count = std::env::var("CURFEW_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    for engine in engines() {
        let database = Database::new(engine).await;
        let store = database.open().await;
        let started = Instant::now();
        events::make(&database.url, count).await;
        println!("\n{engine:?}: {count} events created in {:.0} s", started.elapsed().as_secs_f64());
        lists(engine, &store).await;
        store.close().await;
    }
}

fn queries() -> Vec<(EventsQuery, String)> {
    let mut queries = Vec::new();
    for sort in SORTS {
        for network in NETWORKS {
            for browser in BROWSERS {
                for kind in KINDS {
                    for (from, to) in PERIODS {
                        for search in SEARCHES {
                            let filters = [
                                !network.is_empty(),
                                !browser.is_empty(),
                                kind.is_some(),
                                !from.is_empty(),
                                !search.is_empty(),
                            ];
                            // Of the combinations, each filter alone and each pair.
                            if filters.into_iter().filter(|is_given| *is_given).count() > 2 {
                                continue;
                            }
                            let query = EventsQuery {
                                search: SearchText::parse(search).unwrap(),
                                kind,
                                user: None,
                                period: Period::parse(from, to).unwrap(),
                                network: Network::parse(network).ok(),
                                browser: parse_browser(browser).unwrap(),
                                sort: EventSort::parse(sort).unwrap(),
                            };
                            let kind = kind.map_or("", EventKind::code);
                            let words = format!(
                                "sort={sort} address={network} browser={browser} kind={kind} from={from} q={search}"
                            );
                            queries.push((query, words));
                        }
                    }
                }
            }
        }
    }
    queries
}

/// Runs every query, and prints the slowest ones and the medians of all.
async fn lists(engine: Engine, store: &Store) {
    let mut on = store.read().await.unwrap();
    let mut medians = Vec::new();
    for (query, words) in queries() {
        for page in PAGES {
            let number = PageNumber::parse(page).unwrap();
            let mut times = Vec::new();
            for _ in 0..RUNS {
                let started = Instant::now();
                list_events(&mut on, &query, number).await.unwrap();
                times.push(started.elapsed().as_secs_f64() * 1e3);
                // Slow queries are not repeated.
                if times[0] > 500.0 {
                    break;
                }
            }
            medians.push((median(&mut times), format!("{words} page={page}")));
        }
    }
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = medians.len();
    let over = |limit: f64| medians.iter().filter(|(time, _)| *time >= limit).count();
    let details = format!(
        "of {count}, each the median of {RUNS}; nine in ten under {:.1} ms, {} at 50 ms or more, {} at 150 ms or more",
        medians[count * 9 / 10].0,
        over(50.0),
        over(150.0)
    );
    let middle = Figure::Milliseconds(medians[count / 2].0);
    row(&format!("{engine:?}: the events list, per query"), middle, Goal::Under(50.0), &details);
    println!("The slowest:");
    for (time, question) in medians.iter().rev().take(40) {
        println!("  {time:>9.1} ms  {question}");
    }
}
