//! A page behind a guard, in a host that has added Curfew, compared with the same page in the program of Curfew alone.
//! And how long such a host takes to start.
//!
//! `cargo bench --bench host`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it cannot go on")]

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

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::Instant,
};

use client::{Connections, get};
use curfew::{Curfew, SignedIn, settings::Check};
use report::{Figure, Goal, median, row};
use rocket::{Build, Rocket, fairing::AdHoc, get, routes};
use sides::{Side, compare};
use sites::{Site, figment, launch, register};
use store::{Database, engines};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STARTS: usize = 10;
/// Given to this program, it starts as a host on the database of this address.
const URL: &str = "HOST_DATABASE_URL";
/// What the host prints before its address.
const ADDRESS: &str = "The host is at ";

#[get("/garden")]
fn garden(me: SignedIn<'_>) -> String {
    format!("Hello, {}", me.username())
}

/// A program with a page of its own. Its settings are those of the bench.
fn host(url: &str) -> Rocket<Build> {
    let figment = figment()
        .merge(("secret_key", "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="))
        .merge(("databases.curfew.url", url))
        .merge(("curfew.bcrypt_cost", 4));
    rocket::custom(figment).attach(Curfew::init()).mount("/", routes![garden])
}

#[rocket::main]
async fn main() {
    if let Ok(url) = env::var(URL) {
        let report = AdHoc::on_liftoff("Address", |rocket| {
            Box::pin(async { println!("{ADDRESS}{}:{}", rocket.config().address, rocket.config().port) })
        });
        host(&url).attach(report).launch().await.expect("it stops");
        return;
    }
    // `cargo test --benches` only checks that the program starts.
    if env::args().any(|argument| argument == "--test") {
        return;
    }
    for engine in engines() {
        let program = Site::with(Database::new(engine).await, (Check::Cached, None), routes![garden]).await;
        let database = Database::new(engine).await;
        let at = launch(host(&database.url)).await;
        compare(
            &format!("{engine:?}: GET /garden in a host / in the program of Curfew alone"),
            Goal::AtLeast(0.95),
            side("host", at, &register(at).await).await,
            side("program", program.address, &program.log_in().await).await,
        )
        .await;
        let mut times: Vec<f64> = (0..STARTS).map(|_| start(&database.url)).collect();
        let details = format!("worst of {STARTS} {:.1} ms", times.iter().copied().fold(0.0, f64::max));
        row(
            &format!("{engine:?}: a host starts"),
            Figure::Milliseconds(median(&mut times)),
            Goal::Under(100.0),
            &details,
        );
    }
}

/// Starts this program as a host alone, and returns the milliseconds until its first answer.
fn start(url: &str) -> f64 {
    let started = Instant::now();
    let program = env::current_exe().unwrap();
    let mut host = Command::new(program).env(URL, url).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap()).lines();
    let at = lines.find_map(|line| line.unwrap().strip_prefix(ADDRESS)?.parse::<SocketAddr>().ok()).unwrap();
    let mut connection = TcpStream::connect(at).unwrap();
    connection.write_all(get("/garden", None).as_bytes()).unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).unwrap();
    let took = started.elapsed();
    assert_eq!(answer, *b"HTTP/1.1 303");
    host.kill().unwrap();
    host.wait().unwrap();
    took.as_secs_f64() * 1e3
}

async fn side(name: &'static str, at: SocketAddr, cookie: &str) -> Side {
    Side::new(name, Connections::open(at, "/garden", Some(cookie)).await)
}
