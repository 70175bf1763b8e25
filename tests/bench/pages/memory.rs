//! The resident memory of the real program after 100,000 requests.

use std::time::Duration;

use super::{client::Connections, program::Running};

const REQUESTS: u32 = 100_000;

/// Starts the program, asks it 100,000 times for the start page and the login, prints its memory.
pub async fn measure() {
    let program = Running::start();
    let before = program.resident();
    for path in ["/", "/login"] {
        let mut connections = Connections::open(program.address, path, None).await;
        let mut answered = 0;
        while answered < REQUESTS / 2 {
            answered += connections.ask_for(Duration::from_millis(200)).await;
        }
    }
    println!(
        "\nresident memory: {before} MB at the start, {} MB after {REQUESTS} requests (goal: under 64)",
        program.resident()
    );
}
