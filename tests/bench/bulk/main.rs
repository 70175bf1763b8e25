//! How long a bulk action on 100,000 of 1,000,000 users takes: the count on the confirmation page, and each action to
//! its end.
//!
//! `cargo bench --bench bulk`, through the use cases.

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
    accounts::{Accounts, Actor, BeginBulk, Begun},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkScope},
        lists::users_filter::{UsersFields, UsersFilter},
        logins::public_id::PublicId,
        reason_text::Reasons,
    },
    settings::Settings,
};
use durability::durability;
use report::{Figure, Goal, median, row};
use sessions::Sessions;
use store::{Database, Engine, engines};

const PEOPLE: u32 = 1_000_000;
/// The number of users per action.
const CHOSEN: u32 = 100_000;
/// How often each action runs, each time on other users.
const RUNS: u32 = 3;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let database = Database::new(engine).await;
        let accounts = Accounts::new(database.open().await, Arc::new(Settings::default()));
        let people = Sessions::of_new_people(&database, PEOPLE).await;
        let mut times = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        // One login for each selected user, and another for every third of them.
        let all = CHOSEN * RUNS * 2;
        people.log_in(1..=all, "n").await;
        people.log_in(all + 1..=all + all / 3, &format!("(n - {all}) * 3")).await;
        for run in 0..RUNS {
            // A force logout and a deactivation each end logins, so they act on different users.
            let (forced_out, deactivated) = (2 * run, 2 * run + 1);
            for group in [forced_out, deactivated] {
                people.rename(group * CHOSEN + 1..=(group + 1) * CHOSEN, &name(group)).await;
            }
            for (n, action) in BulkAction::ALL.into_iter().take(3).enumerate() {
                let group = if action == BulkAction::ForceLogout { forced_out } else { deactivated };
                let (counting, acting) = act(&accounts, &name(group), action).await;
                times[3].push(counting);
                times[n].push(acting);
            }
        }
        let how = durability(&database).await;
        for (what, times) in ["force logout", "deactivate", "activate", "the count before"].iter().zip(times) {
            print(engine, what, times, &how);
        }
        accounts.store().close().await;
    }
}

/// The username prefix of a group of users.
fn name(group: u32) -> String {
    format!("leaked{group}-")
}

/// The time to count and the time to act, in milliseconds.
async fn act(accounts: &Accounts, name: &str, action: BulkAction) -> (f64, f64) {
    let operator = Actor::operator("bench");
    let filter = UsersFilter::parse(&UsersFields { q: name, ..UsersFields::default() }).expect("a filter");
    let choice = BulkChoice::new(action, BulkScope::Matching(filter));
    let started = Instant::now();
    let previewed = accounts.preview_bulk(&operator, operator.role, &choice).await.expect("a count");
    let counting = milliseconds_since(started);
    assert_eq!(previewed.counts.users, u64::from(CHOSEN));
    let id = PublicId::from_random(rand::random());
    let begin = BeginBulk { id, choice: previewed.choice, reasons: Reasons::default(), promised: previewed.counts };
    let started = Instant::now();
    match accounts.begin_bulk(&operator, begin).await.expect("the bulk action begins") {
        Begun::Run(run) => run.run().await.expect("the bulk action finishes"),
        other => panic!("{other:?}"),
    }
    (counting, milliseconds_since(started))
}

fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn print(engine: Engine, what: &str, mut times: Vec<f64>, how: &str) {
    let middle = median(&mut times);
    let goal = if what.starts_with("the count") { Goal::None } else { Goal::Under(10_000.0) };
    let title = format!("{engine:?}: {what}, {CHOSEN} of {PEOPLE} users in bulk");
    let details = format!("worst of {} {:.0} ms; {how}", times.len(), times[times.len() - 1]);
    row(&title, Figure::Milliseconds(middle), goal, &details);
}
