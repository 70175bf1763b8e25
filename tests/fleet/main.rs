//! A deployed fleet: three servers with one Postgres, behind nginx with TLS, under load. `attack` attacks one server.
//!
//! `cargo test --test fleet -- --nocapture` prints what it measured.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod attack;
mod balancer;
mod client;
mod load;
mod nodes;

#[path = "../harness/guides.rs"]
mod guides;
#[path = "../harness/nginx.rs"]
mod nginx;
#[path = "../cli/program.rs"]
#[allow(dead_code, reason = "the fleet needs only a part of it")]
mod program;
#[path = "../bench/sessions.rs"]
mod sessions;
#[path = "../harness/store.rs"]
#[allow(dead_code, reason = "the fleet needs only a part of the harness")]
mod store;

use std::{sync::Arc, time::Duration};

use cookie::Key;
use curfew::settings::SecretMaterial;
use data_encoding::BASE64;
use rand::seq::SliceRandom as _;
use rocket::tokio::{
    spawn,
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep},
};
use sqlx::{Connection as _, PgConnection};

use balancer::Balancer;
use client::{COOKIE, Outside, PATIENCE};
use load::People;
use nodes::{Keys, Nodes};
use program::Program;
use sessions::Sessions;
use store::{Database, Engine, engines};

/// All users, logged in at the start.
const PEOPLE: u32 = 10_000;
/// The number of users forced out under load.
const FORCED_OUT: usize = 1_000;
/// The number of requests of ended logins that show something.
const ENOUGH_REQUESTS: u64 = 2_000;
/// The number of staff members who do that concurrently.
const STAFF: usize = 4;
const PASSWORD: &str = "tangerine-lamp-post";

#[rocket::async_test]
async fn a_force_logout_applies_on_every_node_during_failures() {
    if !engines().contains(&Engine::Postgres) {
        println!("skipped: CURFEW_TEST_POSTGRES is not set");
        return;
    }
    let database = Database::new(Engine::Postgres).await;
    database.open().await.close().await;
    let people = Sessions::of_new_people(&database, PEOPLE).await;
    people.log_in(1..=PEOPLE, "n").await;
    people.are_seen_now().await;
    let (old, new) = (new_key(), new_key());
    let keys = Keys { current: BASE64.encode(&old), previous: None };
    for (name, role) in [("chief", "--superuser"), ("vera", "--staff")] {
        create_user(&database, &keys.current, name, role);
    }
    let key: Key = SecretMaterial::parse(&keys.current).expect("a key").cookie_key();
    let cookies = (1..=PEOPLE).map(|n| format!("{COOKIE}={}", value(&people.cookie_named(COOKIE, &key, n, n))));
    let people = People::with(cookies.collect());
    let mut nodes = Nodes::start(&database, keys);
    let balancer = Balancer::before(nodes.addresses);
    let outside = Outside::of(&balancer);

    // Sessions move between the nodes.
    for person in [0, 1, 4_999, 9_999] {
        let mut met = Vec::new();
        for _ in 0..6 {
            let page = outside.get("/account", people.cookie(person)).await;
            assert_eq!(page.status, 200, "{}", page.body);
            met.push(page.node);
        }
        met.sort_unstable();
        met.dedup();
        assert_eq!(met.len(), 3, "{met:?}");
    }

    odd_requests_take_no_node_out_of_rotation(&outside).await;

    let chief = outside.log_in("chief", PASSWORD).await;
    let token = outside.get("/admin/users/1", &chief).await.token().to_owned();
    a_stream_is_notified_by_another_node(&outside, &people, (&chief, &token)).await;
    staff_see_that_all_nodes_have_applied_it(&outside, &people, (&chief, &token)).await;

    let load = people.come_back(&outside);
    let mut chosen: Vec<usize> = (10..people.count()).collect();
    chosen.shuffle(&mut rand::rng());
    let (with_notifications, with_cuts) = chosen[..FORCED_OUT].split_at(FORCED_OUT / 2);
    force_out_many(&outside, &people, with_notifications, (&chief, &token)).await;
    let measured = print_reports(&database, 0, "with notifications").await;
    let cutting = spawn(cut_the_notifications(database.url.clone()));
    force_out_many(&outside, &people, with_cuts, (&chief, &token)).await;
    cutting.abort();
    assert!(cutting.await.is_err_and(|error| error.is_cancelled()), "the connections were cut until the end");
    print_reports(&database, measured, "with notifications cut repeatedly").await;
    people.have_asked_of_ended(ENOUGH_REQUESTS).await;
    people.stop(load).await;
    let (asked, of_ended, latest) = people.counts();
    println!(
        "fleet: {asked} requests, {of_ended} of them of ended logins; none accepted by the node that answered, and \
         by another node at most {latest:?} after that answer"
    );

    // In two rounds, so that no node ever gets a cookie sealed with a key that it does not have.
    let encoded = |key: &[u8]| BASE64.encode(key);
    let rounds = [
        Keys { current: encoded(&old), previous: Some(encoded(&new)) },
        Keys { current: encoded(&new), previous: Some(encoded(&old)) },
    ];
    let load = people.come_back(&outside);
    let logins = spawn(log_in_again_and_again(outside.clone()));
    for keys in rounds {
        nodes.use_keys(keys);
        for node in 0..3 {
            balancer.leave_out(node);
            sleep(Duration::from_millis(500)).await; // for requests in flight
            nodes = spawn_blocking(move || {
                nodes.restart(node);
                nodes
            })
            .await
            .expect("the node starts again");
            balancer.take_all();
            sleep(Duration::from_millis(300)).await;
        }
    }
    people.stop(load).await;
    let logins = {
        logins.abort();
        logins.await.err().is_none_or(|error| error.is_cancelled())
    };
    assert!(logins, "a login failed");
    let (asked, ..) = people.counts();
    println!("fleet: six restarts with a change of the secret key, {asked} requests in all: no error, no logout");
    assert_eq!(outside.get("/admin", &chief).await.status, 200, "the old cookie is still accepted");
}

/// A proxy treats a connection closed without a response as a failed node, and leaves that node out for a while: three
/// such requests would take the whole site down.
async fn odd_requests_take_no_node_out_of_rotation(outside: &Outside) {
    for method in ["head", "get", "put", "delete", "patch", "trace"] {
        for _ in 0..3 {
            assert_eq!(outside.post("/", "", &[("_method", method)]).await.status, 400, "{method}");
        }
        for _ in 0..6 {
            assert_eq!(outside.get("/login", "").await.status, 200, "after {method}");
        }
    }
}

async fn a_stream_is_notified_by_another_node(outside: &Outside, people: &People, (chief, token): (&str, &str)) {
    for person in 0..3 {
        let mut stream = outside.listen("/session/events", people.cookie(person)).await;
        let acting = force_out(outside, people, person, (chief, token)).await;
        stream.waits_for("event:ended").await;
        println!("fleet: forced out on {acting}, notified on {}", stream.node);
    }
}

async fn staff_see_that_all_nodes_have_applied_it(outside: &Outside, people: &People, staff: (&str, &str)) {
    let person = 3;
    force_out(outside, people, person, staff).await;
    let until = Instant::now() + PATIENCE;
    loop {
        let part = outside.get(&format!("/admin/users/{}/receipt", person + 1), staff.0).await;
        if let Some((_, words)) = part.body.split_once("Applied by 3 of 3 nodes, ") {
            println!("fleet: applied by 3 of 3 nodes, {}", words.lines().next().unwrap_or_default());
            return;
        }
        assert!(Instant::now() < until, "{}", part.body);
        sleep(Duration::from_millis(20)).await;
    }
}

async fn force_out_many(outside: &Outside, people: &Arc<People>, chosen: &[usize], (chief, token): (&str, &str)) {
    let mut staff = JoinSet::new();
    for share in chosen.chunks(chosen.len() / STAFF) {
        let (outside, people, share) = (outside.clone(), Arc::clone(people), share.to_vec());
        let (chief, token) = (chief.to_owned(), token.to_owned());
        staff.spawn(async move {
            for person in share {
                force_out(&outside, &people, person, (&chief, &token)).await;
            }
        });
    }
    while let Some(done) = staff.join_next().await {
        done.expect("each force logout is answered");
    }
    // The load keeps requesting the users forced out last until the bound has passed.
    sleep(Duration::from_secs(2)).await;
}

/// Forces a user out with the form, as staff do; returns the node that did it.
async fn force_out(outside: &Outside, people: &People, person: usize, (chief, token): (&str, &str)) -> String {
    people.force_logout_begins(person);
    let fields = [("csrf_token", token), ("staff_reason", "a test"), ("user_reason", ""), ("at", "")];
    let answer = outside.post(&format!("/admin/users/{}/force-logout", person + 1), chief, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    people.force_logout_is_answered(person, &answer.node);
    answer.node
}

/// Cuts them at once and repeatedly, as when the network between a node and its database is bad.
async fn cut_the_notifications(database_url: String) {
    let mut connection = PgConnection::connect(&database_url).await.expect("Postgres answers");
    loop {
        let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        let cut: i64 = sqlx::query_scalar(cut).fetch_one(&mut connection).await.expect("an answer");
        println!("fleet: {cut} notification connections cut");
        sleep(Duration::from_secs(5)).await;
    }
}

async fn log_in_again_and_again(outside: Outside) {
    loop {
        let cookie = outside.log_in("vera", PASSWORD).await;
        assert_eq!(outside.get("/admin", &cookie).await.status, 200);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Prints how long each action took until every node had applied it, as the nodes report it, for the events after this
/// one. Returns the latest event.
async fn print_reports(database: &Database, after: i64, how: &str) -> i64 {
    let mut connection = PgConnection::connect(&database.url).await.expect("Postgres answers");
    let sql = "SELECT CAST(EXTRACT(EPOCH FROM (r.applied_at - e.at)) * 1000 AS DOUBLE PRECISION)
               FROM curfew_receipts r JOIN curfew_events e ON e.id = r.event_id WHERE e.id > $1 ORDER BY 1";
    let reported: Vec<f64> = sqlx::query_scalar(sql).bind(after).fetch_all(&mut connection).await.expect("receipts");
    let part = |hundredths: usize| reported[(reported.len() - 1) * hundredths / 100];
    println!(
        "fleet: from the force logout to its application by a node, {how}: median {:.0} ms, 99 % {:.0} ms, latest {:.0} ms, \
         of {} reports",
        part(50),
        part(99),
        part(100),
        reported.len()
    );
    sqlx::query_scalar("SELECT MAX(event_id) FROM curfew_receipts").fetch_one(&mut connection).await.expect("an event")
}

fn create_user(database: &Database, key: &str, name: &str, role: &str) {
    let email = format!("{name}@example.org");
    let arguments = ["user", "create", name, "--email", &email, role, "--password-stdin"];
    let program = Program::new(&arguments).set("DATABASE_URL", &database.url).set("CURFEW_BCRYPT_COST", "4");
    program.set("ROCKET_SECRET_KEY", key).run_with(format!("{PASSWORD}\n").as_bytes()).done();
}

fn new_key() -> [u8; 64] {
    rand::random()
}

/// The value of a cookie.
fn value(cookie: &str) -> &str {
    cookie.split_once('=').expect("a cookie").1
}
