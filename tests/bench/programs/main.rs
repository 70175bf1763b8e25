//! The cost of a token, as ratios from one interleaved run over real sockets: the same response with an opaque token,
//! with a JWT, and without authentication.
//!
//! `cargo bench --bench programs`. The client shares the machine's cores; this affects both sides of a ratio equally.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../../harness/redis.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod redis;
#[path = "../../harness/store.rs"]
#[allow(dead_code, reason = "a bench needs only a part of the harness")]
mod store;

#[path = "../pages/client.rs"]
mod client;
#[path = "../report.rs"]
mod report;
#[path = "../pages/sides.rs"]
mod sides;
#[path = "../pages/sites.rs"]
mod sites;

use client::{Answer, Connections, Requests, USER_AGENT, ask, connect};
use curfew::settings::Check;
use redis::Redis;
use report::Goal;
use rocket::{get, routes, serde::json::Json};
use serde_json::{Value, json};
use sides::{Side, compare_all};
use sites::{PASSWORD, Site};
use store::{Database, engines};

/// The route that gives the same response without authentication, through the same fairings.
const OPEN: &str = "/api/bench/me";

#[get("/api/bench/me")]
fn open() -> Json<Value> {
    Json(json!({
        "id": 1, "username": "bench", "email": "bench@example.org", "is_staff": false, "is_superuser": false,
        "last_login": "2026-03-01T14:30:00.123456Z",
    }))
}

fn get_with(path: &str, authorization: Option<&str>) -> String {
    let authorization = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: {USER_AGENT}\r\n{authorization}\r\n")
}

/// Logs the one user in and returns the response.
async fn logs_in(site: &Site, path: &str) -> Value {
    let body = json!({ "username": "bench", "password": PASSWORD }).to_string();
    let post = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\nContent-Type: application/json\r\n\r\n{body}",
        body.len()
    );
    let Answer { status, body, .. } = ask(&mut connect(site.address).await, post.as_bytes()).await;
    assert!(matches!(status, 200 | 201), "{body}");
    serde_json::from_str(&body).expect("JSON")
}

async fn side(site: &Site, name: &'static str, path: &str, authorization: Option<String>) -> Side {
    let requests = Requests::new(vec![get_with(path, authorization.as_deref())]);
    Side::new(name, Connections::open_for(site.address, requests).await)
}

async fn measure(title: &str, site: &Site) {
    site.log_in().await; // creates the account
    let opaque = logs_in(site, "/api/auth-token").await["token"].as_str().expect("a token").to_owned();
    let access = logs_in(site, "/api/token").await["access"].as_str().expect("a token").to_owned();
    let sides = [
        side(site, "opaque", "/api/me", Some(format!("Token {opaque}"))).await,
        side(site, "JWT", "/api/me", Some(format!("Bearer {access}"))).await,
        side(site, "open", OPEN, None).await,
    ];
    let goal = Goal::AtLeast(0.85);
    let ratios = [
        (0, 2, format!("{title}: GET /api/me, opaque token / without authentication"), goal),
        (1, 2, format!("{title}: GET /api/me, JWT / without authentication"), goal),
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
        let site = Site::with(Database::new(engine).await, (Check::Cached, None), routes![open]).await;
        measure(&format!("{engine:?}, in memory"), &site).await;
        // From the environment, as in the tests.
        if let Some(redis) = Redis::start().await {
            let setup = (Check::Cached, Some(redis.address()));
            let site = Site::with(Database::new(engine).await, setup, routes![open]).await;
            measure(&format!("{engine:?}, Redis"), &site).await;
        }
    }
}
