//! The attackers' own threads, which leave the machine to the others.

use std::{fs, process::Command, sync::Arc, time::Duration};

use rocket::tokio::runtime::{Builder, Runtime};

use super::{
    Place,
    strangers::{Shared, Tally},
};

/// How much lower than the others' the priority of the attackers' threads is.
const NICENESS: &str = "10";

/// Attackers at work.
pub struct Attackers {
    runtime: Runtime,
    shared: Arc<Shared>,
}

impl Attackers {
    /// Starts every attack.
    pub fn start(place: &Place) -> Self {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().on_thread_start(lower_priority).build();
        let (runtime, shared) = (runtime.expect("a runtime"), Arc::new(Shared::new(place)));
        shared.attack(runtime.handle());
        Self { runtime, shared }
    }

    /// Ends every attack, and all of its connections.
    pub fn stop(self) -> Tally {
        self.runtime.shutdown_timeout(Duration::from_secs(5));
        self.shared.tally()
    }
}

fn lower_priority() {
    let thread = fs::read_link("/proc/thread-self").ok();
    let id = thread.as_ref().and_then(|thread| thread.file_name()).expect("this thread's id");
    let lowered = Command::new("renice").args(["-n", NICENESS, "-p"]).arg(id).output().expect("renice runs");
    assert!(lowered.status.success(), "{lowered:?}");
}
