//! The cost of open event streams: memory per stream, and the account page meanwhile.
//!
//! `cargo bench --bench streams`, with `ulimit -n` above 12,000. Each stream watches its own session; all belong to one
//! account, so that one force logout ends them together.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

#[path = "../pages/client.rs"]
mod client;
#[path = "../pages/program.rs"]
mod program;
#[path = "../report.rs"]
mod report;
#[path = "../visits.rs"]
mod visits;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use client::{Connections, connect, get};
use program::Running;
use report::{Figure, Goal, row};
use rocket::tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    task::JoinSet,
};
use visits::{Form, register};

const STREAMS: usize = 5_000;
const ROUND: Duration = Duration::from_millis(700);
const ROUNDS: usize = 7;

type Stream = BufReader<TcpStream>;

#[rocket::main]
async fn main() {
    // `cargo test --benches` only checks that the program starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let program = Running::start();
    let address = program.address;
    let watched = register(address, "watched").await;
    let other = register(address, "other").await;
    let mut cookies = vec![watched];
    while cookies.len() < STREAMS {
        cookies.push(Form::login(address, "watched").await.send().await);
    }
    let mut side = Connections::open(address, "/account", Some(&other)).await;
    side.ask_for(ROUND).await;

    let before = program.resident();
    let mut streams = open(address, &cookies).await;
    let added = program.resident() - before;
    let title = format!("memory added by {STREAMS} streams");
    row(&title, Figure::Megabytes(added), Goal::Under(200.0), &format!("{before} MB before"));

    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(side.ask_for(ROUND).await);
        drop(std::mem::take(&mut streams));
        side.ask_for(ROUND).await; // until the server notices
        without.push(side.ask_for(ROUND).await);
        streams = open(address, &cookies).await;
    }
    let (with, without) = (median(with), median(without));
    let ratio = Figure::Ratio(f64::from(with) / f64::from(without));
    let details = format!("{with} and {without} in {ROUND:?}; should be about 1");
    row(&format!("GET /account with {STREAMS} streams open / without"), ratio, Goal::None, &details);

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
    let title = format!("one force logout: all of {STREAMS} streams are notified");
    let elapsed = Figure::Milliseconds((last - started).as_secs_f64() * 1e3);
    row(&title, elapsed, Goal::None, &format!("the command itself {done:.0?}"));
}

fn median(mut counts: Vec<u32>) -> u32 {
    counts.sort_unstable();
    counts[counts.len() / 2]
}

async fn open(address: SocketAddr, cookies: &[String]) -> Vec<Stream> {
    let mut streams = Vec::with_capacity(cookies.len());
    for cookie in cookies {
        let mut stream = connect(address).await;
        stream.get_mut().write_all(get("/session/events", Some(cookie)).as_bytes()).await.expect("the request is sent");
        streams.push(stream);
    }
    for stream in &mut streams {
        let mut line = String::new();
        while !line.starts_with("retry:") {
            line.clear();
            assert_ne!(stream.read_line(&mut line).await.expect("a line"), 0, "a stream ended");
        }
    }
    streams
}

async fn must_end(mut stream: Stream) {
    let mut line = String::new();
    while !line.starts_with("event:ended") && !line.starts_with("event: ended") {
        line.clear();
        assert_ne!(stream.read_line(&mut line).await.expect("a line"), 0, "it ends without an event");
    }
}
