//! What open event streams cost: memory for each, and the account page beside them.
//!
//! `cargo bench --bench streams`, with `ulimit -n` above 12,000. Each stream watches a session of its
//! own; all are of one account, so that one force logout ends them together.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../pages/client.rs"]
#[allow(dead_code, reason = "shared with the pages")]
mod client;
#[path = "../pages/program.rs"]
mod program;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use client::{Answer, Connections, ask, connect, get};
use program::Running;
use rocket::tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    task::JoinSet,
};

const STREAMS: usize = 5_000;
const ROUND: Duration = Duration::from_millis(700);
const ROUNDS: usize = 7;
const PASSWORD: &str = "tangerine-lamp-post";

type Stream = BufReader<TcpStream>;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only wants to see that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let program = Running::start();
    let address = program.address;
    let watched = register(address, "watched").await;
    let other = register(address, "other").await;
    let mut cookies = vec![watched];
    while cookies.len() < STREAMS {
        cookies.push(log_in(address, "watched").await);
    }
    let mut side = Connections::open(address, "/account", Some(&other)).await;
    side.ask_for(ROUND).await;

    let before = program.resident();
    let mut streams = open(address, &cookies).await;
    let added = program.resident() - before;
    println!("{STREAMS} streams: {added} MB of added memory  goal under 200   ({before} MB before)");

    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(side.ask_for(ROUND).await);
        drop(std::mem::take(&mut streams));
        side.ask_for(ROUND).await; // while the server notices
        without.push(side.ask_for(ROUND).await);
        streams = open(address, &cookies).await;
    }
    let (with, without) = (median(with), median(without));
    println!(
        "GET /account beside them / without them              {:>6.2}  goal about 1   ({with} and {without} in {ROUND:?})",
        f64::from(with) / f64::from(without)
    );

    let started = Instant::now();
    program.run(&["force-logout", "watched"]);
    let done = started.elapsed();
    let mut ends = JoinSet::new();
    for stream in streams {
        ends.spawn(async move {
            must_end(stream).await;
            Instant::now()
        });
    }
    let last = ends.join_all().await.into_iter().max().expect("an end");
    println!(
        "one force logout: {done:?} for the command, all {STREAMS} streams were told {:?} after it began",
        last - started
    );
}

fn median(mut counts: Vec<u32>) -> u32 {
    counts.sort_unstable();
    counts[counts.len() / 2]
}

async fn open(address: SocketAddr, cookies: &[String]) -> Vec<Stream> {
    let mut streams = Vec::with_capacity(cookies.len());
    for cookie in cookies {
        let mut stream = connect(address).await;
        stream.get_mut().write_all(get("/session/events", Some(cookie)).as_bytes()).await.expect("it is sent");
        streams.push(stream);
    }
    for stream in &mut streams {
        let mut line = String::new();
        while !line.starts_with("retry:") {
            line.clear();
            assert_ne!(stream.read_line(&mut line).await.expect("a line"), 0, "a stream is over");
        }
    }
    streams
}

async fn must_end(mut stream: Stream) {
    let mut line = String::new();
    while !line.starts_with("event:ended") && !line.starts_with("event: ended") {
        line.clear();
        assert_ne!(stream.read_line(&mut line).await.expect("a line"), 0, "it ends without a word");
    }
}

async fn register(address: SocketAddr, name: &str) -> String {
    let fields = format!("username={name}&email={name}@example.org&password={PASSWORD}&password_again={PASSWORD}");
    post(address, "/register", &fields).await
}

async fn log_in(address: SocketAddr, name: &str) -> String {
    post(address, "/login", &format!("username={name}&password={PASSWORD}")).await
}

/// Posts a form of a visitor and returns the cookie of the session that it begins.
async fn post(address: SocketAddr, path: &str, fields: &str) -> String {
    let mut stream = connect(address).await;
    let form: Answer = ask(&mut stream, get(path, None).as_bytes()).await;
    let token = between(&form.body, "name=\"csrf_token\" value=\"", "\"");
    let visitor = between(&form.head, "set-cookie: ", ";");
    let body = format!("csrf_token={token}&{fields}");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nCookie: {visitor}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(&mut stream, request.as_bytes()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    format!("curfew={}", between(&answer.head, "set-cookie: curfew=", ";"))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let start = text.find(before).map(|at| at + before.len()).expect(before);
    let end = text[start..].find(after).map(|at| start + at).expect(after);
    &text[start..end]
}
