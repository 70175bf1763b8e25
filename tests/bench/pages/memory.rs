//! The resident memory of the real program after 100,000 requests.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use super::client::Connections;

const REQUESTS: u32 = 100_000;

/// Starts the program, asks it 100,000 times for the start page and the login, prints its memory.
pub async fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Command::new(env!("CARGO_BIN_EXE_curfew"))
        .env("DATABASE_URL", format!("sqlite:{}", folder.path().join("curfew.db").display()))
        .env("ROCKET_PORT", "0")
        .env("ROCKET_LOG_LEVEL", "off")
        .env_remove("CURFEW_TEST_POSTGRES")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut program = Stopped(program);
    let output = program.0.stdout.take().expect("its output");
    // "Make the first superuser at http://127.0.0.1:PORT/setup"
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("http://")).expect("its address");
    let (_, address) = line.split_once("http://").expect("its address");
    let address = address.trim_end_matches("/setup").parse().expect("an address");
    let before = resident(program.0.id());
    for path in ["/", "/login"] {
        let mut connections = Connections::open(address, path, None).await;
        let mut answered = 0;
        while answered < REQUESTS / 2 {
            answered += connections.ask_for(std::time::Duration::from_millis(200)).await;
        }
    }
    println!(
        "\nresident memory: {before} MB at the start, {} MB after {REQUESTS} requests (goal: under 64)",
        resident(program.0.id())
    );
}

/// Stopped by its process when it is dropped.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The resident set of a process, in megabytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
    kilobytes / 1024
}
