//! The signals that stop a process.

use rocket::{
    futures::FutureExt as _,
    tokio::{
        select,
        signal::unix::{Signal, SignalKind, signal},
    },
};

use crate::cli::{CommandError, Result};

/// SIGINT (Ctrl-C), SIGTERM, and SIGHUP (a closed terminal).
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Takes the signals over from the system, which would end the process immediately.
    pub(super) fn listen() -> Result<Self> {
        let listen =
            |kind| signal(kind).map_err(|error| CommandError::Demo(format!("it cannot listen for signals: {error}")));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Whether a signal has arrived. Does not wait.
    pub(super) fn have_arrived(&mut self) -> bool {
        self.next().now_or_never().is_some()
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) {
        select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
