//! What tells a process to end.

use rocket::{
    futures::FutureExt as _,
    tokio::{
        select,
        signal::unix::{Signal, SignalKind, signal},
    },
};

use crate::cli::{CommandError, Result};

/// Ctrl-C, a polite kill, and the end of the terminal.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Takes them over from the system, which would end the process on the spot.
    pub(super) fn listen() -> Result<Self> {
        let listen =
            |kind| signal(kind).map_err(|error| CommandError::Demo(format!("it cannot listen for its end: {error}")));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Whether one of them has come, without waiting.
    pub(super) fn have_come(&mut self) -> bool {
        self.next().now_or_never().is_some()
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) {
        select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
