//! The resident memory of the real program after 100,000 requests.

use std::time::Duration;

use super::{
    client::Connections,
    program::Running,
    report::{Figure, Goal, row},
    sites::register,
};

const REQUESTS: u32 = 100_000;

/// Starts the program, requests pages 100,000 times with and without a login, and prints its memory.
pub async fn measure() {
    let program = Running::start();
    let before = program.resident();
    let cookie = register(program.address).await;
    program.run(&["user", "role", "bench", "superuser"]); // without one, every visitor is led to the setup
    let (visitor, member) = (None, Some(cookie.as_str()));
    for (path, cookie) in [("/", visitor), ("/login", visitor), ("/account", member), ("/account/sessions", member)] {
        let mut connections = Connections::open(program.address, path, cookie).await;
        let mut answered = 0;
        while answered < REQUESTS / 4 {
            answered += connections.ask_for(Duration::from_millis(200)).await;
        }
    }
    let title = format!("memory after {REQUESTS} requests");
    let details = format!("{before} MB at the start");
    row(&title, Figure::Megabytes(program.resident()), Goal::Under(64.0), &details);
}
