//! Throttles attempts with growing delays, and never locks an account for good.
//!
//! Only failures count. An attempt in progress holds a place until it ends, so simultaneous attempts get no more tries
//! than sequential ones. If all places are held, the next attempt waits for the outcome of the others, so that a right
//! password is not refused because of them. Each node counts its own attempts. Nodes that share Redis or Postgres also
//! count together.

mod counter;
mod keys;
mod local;
mod shared;

use self::{keys::keys_of, local::LocalCounters};
use crate::{
    accounts::{AccountsError, Result},
    domain::rate::Rate,
    store::fleet::shared_counters::SharedCounters,
};

pub(in crate::accounts) use counter::Throttled;

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// A password, at the login or on any form that asks for one.
    Password,
    /// A registration.
    Registration,
    /// The setup code.
    Setup,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Registration => "registration",
            Self::Setup => "setup",
        }
    }
}

/// The counters of every account and address with recent failures. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct Throttle {
    local: LocalCounters,
    shared: Option<SharedCounters>,
}

impl From<Throttled> for AccountsError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyTries { retry_after: throttled.wait }
    }
}

impl Throttle {
    /// A throttle that also counts together with the other nodes.
    pub(in crate::accounts) fn new(shared: Option<SharedCounters>) -> Self {
        Self { local: LocalCounters::default(), shared }
    }

    /// Begins an attempt. Waits while attempts in progress hold the last places.
    ///
    /// `account` identifies the account, `address` the client. An empty value is not counted.
    pub(super) async fn begin(
        &self,
        purpose: Purpose,
        rate: Rate,
        account: &str,
        address: &str,
    ) -> Result<std::result::Result<Attempt, Throttled>> {
        let keys = keys_of(purpose, rate, account, address);
        let local = self.local.begin(&keys).await;
        let shared = match &self.shared {
            Some(counters) => shared::begin(counters, &keys).await?,
            None => None,
        };
        // The shared refusal comes first, because it records one event for all nodes. If the shared counters have lost
        // their data, this node's own counters still apply.
        if let Some(Err(throttled)) = shared {
            return Ok(Err(throttled));
        }
        Ok(local.map(|local| Attempt { local, shared: shared.and_then(std::result::Result::ok) }))
    }
}

/// An attempt in progress. If dropped, it does not count as a failure.
#[derive(Debug)]
#[must_use]
pub(super) struct Attempt {
    local: local::LocalPlaces,
    shared: Option<shared::SharedPlaces>,
}

impl Attempt {
    /// Counts the attempt as failed.
    pub(super) fn failed(self) {
        self.local.failed();
        if let Some(shared) = self.shared {
            shared.failed();
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
