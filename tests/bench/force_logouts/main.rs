//! How long a force logout takes: of one user with 10,000 sessions, and of everyone with 1,000,000.
//!
//! `cargo bench --bench force_logouts`, through the use cases. Creating the sessions takes minutes.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../durability.rs"]
mod durability;
#[path = "../report.rs"]
mod report;
#[path = "../sessions.rs"]
mod sessions;

use std::{sync::Arc, time::Instant};

use curfew::{
    accounts::{Accounts, Actor, ForceLogoutMoment, ForceLogoutOutcome, Target},
    domain::reason_text::Reasons,
    settings::Settings,
};
use durability::durability;
use report::{Figure, Goal, median, row};
use sessions::Sessions;
use store::{Database, engines};

/// Users with many sessions each, forced out one after the other.
const BUSY_PEOPLE: u32 = 20;
const SESSIONS_OF_BUSY: u32 = 10_000;
/// All other users.
const OTHERS: u32 = 80_000;
const SESSIONS_OF_OTHERS: u32 = 10;
/// The total number of sessions.
const SESSIONS: u32 = BUSY_PEOPLE * SESSIONS_OF_BUSY + OTHERS * SESSIONS_OF_OTHERS;
/// How often everyone is forced out.
const RUNS: usize = 20;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let database = Database::new(engine).await;
        let accounts = Accounts::new(database.open().await, Arc::new(Settings::default()));
        let how = durability(&database).await;

        let people = Sessions::of_new_people(&database, BUSY_PEOPLE + OTHERS).await;
        let nobody = everyone_out(&people, &accounts).await;
        people.are_not_forced_out().await;
        log_in(&people).await;
        let one = each_busy_person_out(&accounts).await;
        print(&format!("{engine:?}: force logout of one user, {SESSIONS_OF_BUSY} sessions"), one, 50.0, &how);
        print(&format!("{engine:?}: force everyone out, no session"), nobody, 5.0, &how);
        let everyone = everyone_out(&people, &accounts).await;
        print(&format!("{engine:?}: force everyone out, {SESSIONS} sessions"), everyone, 5.0, &how);
        accounts.store().close().await;
    }
}

async fn log_in(people: &Sessions<'_>) {
    let of_busy = BUSY_PEOPLE * SESSIONS_OF_BUSY;
    people.log_in(1..=of_busy, &format!("1 + (n - 1) / {SESSIONS_OF_BUSY}")).await;
    let whose = format!("{} + (n - 1 - {of_busy}) / {SESSIONS_OF_OTHERS}", BUSY_PEOPLE + 1);
    people.log_in(of_busy + 1..=SESSIONS, &whose).await;
}

async fn each_busy_person_out(accounts: &Accounts) -> Vec<f64> {
    let (operator, reasons) = (Actor::operator("bench"), Reasons::default());
    let mut times = Vec::new();
    for person in 1..=BUSY_PEOPLE {
        let target = Target::Id(person.into());
        let started = Instant::now();
        let outcome = accounts.force_logout(&operator, &target, ForceLogoutMoment::Now, &reasons).await;
        times.push(milliseconds_since(started));
        let Ok(ForceLogoutOutcome::Done { ended, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(ended.sessions, u64::from(SESSIONS_OF_BUSY));
    }
    times
}

/// Each time with everyone logged in, and with the hourly sample that a node would have.
async fn everyone_out(people: &Sessions<'_>, accounts: &Accounts) -> Vec<f64> {
    let (operator, reasons) = (Actor::operator("bench"), Reasons::default());
    let mut times = Vec::new();
    for _ in 0..RUNS {
        people.are_not_forced_out().await;
        accounts.sample_live_sessions().await.expect("a sample");
        let started = Instant::now();
        let outcome = accounts.force_everyone_out(&operator, ForceLogoutMoment::Now, &reasons).await;
        times.push(milliseconds_since(started));
        assert!(matches!(outcome, Ok(ForceLogoutOutcome::Done { .. })), "{outcome:?}");
    }
    times
}

fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn print(title: &str, mut times: Vec<f64>, goal: f64, how: &str) {
    let middle = median(&mut times);
    let details = format!("worst of {} {:.1} ms; {how}", times.len(), times[times.len() - 1]);
    row(title, Figure::Milliseconds(middle), Goal::Under(goal), &details);
}
