//! Three servers with one Postgres, each in a process of its own.

use std::net::SocketAddr;

use crate::{
    nginx::{HOST, free_address},
    program::{Program, Running},
    store::Database,
};

/// The running servers.
#[derive(Debug)]
pub struct Nodes {
    database_url: String,
    keys: Keys,
    running: [Option<Running>; 3],
    /// The address of each server.
    pub addresses: [SocketAddr; 3],
}

/// The secret keys in a node's settings.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// The key that it writes with.
    pub current: String,
    /// Another key that it accepts.
    pub previous: Option<String>,
}

impl Nodes {
    /// Starts the servers.
    pub fn start(database: &Database, keys: Keys) -> Self {
        let addresses = std::array::from_fn(|_| free_address());
        let mut nodes = Self { database_url: database.url.clone(), keys, running: [None, None, None], addresses };
        for node in 0..3 {
            nodes.serve(node);
        }
        nodes
    }

    /// Stops a server gracefully and starts it again.
    pub fn restart(&mut self, node: usize) {
        let running = self.running[node].take().expect("a running server");
        running.signal("TERM");
        // Its warnings about broken notification connections are not failures.
        let outcome = running.wait();
        assert!(outcome.status.success() && !outcome.err.contains("ERROR"), "{outcome:?}");
        self.serve(node);
    }

    /// The keys for the next start.
    pub fn use_keys(&mut self, keys: Keys) {
        self.keys = keys;
    }

    fn serve(&mut self, node: usize) {
        let port = self.addresses[node].port().to_string();
        let mut program = Program::new(&["serve"])
            .set("DATABASE_URL", &self.database_url)
            .set("ROCKET_ADDRESS", "127.0.0.1")
            .set("ROCKET_PORT", port)
            .set("ROCKET_SECRET_KEY", &self.keys.current)
            .set("CURFEW_BASE_URL", format!("https://{HOST}"))
            .set("CURFEW_TRUSTED_PROXIES", "127.0.0.1")
            .set("CURFEW_BCRYPT_COST", "4")
            // One user logs in thousands of times.
            .set("CURFEW_THROTTLE_LOGIN", "10000 per 1 minute");
        if let Some(previous) = &self.keys.previous {
            program = program.set("CURFEW_PREVIOUS_SECRET_KEYS", previous);
        }
        let mut running = program.start();
        running.until_it_prints(|line| line.contains(" at http").then_some(()));
        self.running[node] = Some(running);
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for running in self.running.iter_mut().filter_map(Option::take) {
            running.signal("TERM");
            drop(running.wait());
        }
    }
}
