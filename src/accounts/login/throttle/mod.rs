//! How often somebody may try: growing delays, and never a lock for good.
//!
//! Only failures count. A try that is under way holds a place until it is known how it ended, so
//! that many at once get no further than one after the other; who finds the last places held waits
//! for their outcome, so that right passwords are never refused. Each node counts what it sees, and
//! where there is a place to share it, what all of them see.

mod counter;
mod here;
mod keys;
mod shared;

use self::{here::Here, keys::keys_of};
use crate::{
    accounts::{AccountsError, Result},
    domain::rate::Rate,
    store::fleet::shared_counters::SharedCounters,
};

pub(in crate::accounts) use counter::Throttled;

/// What is being tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// A password, at the login or on any form that asks for it.
    Password,
    /// Making an account.
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

/// The counters of every account and address that failed lately. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct Throttle {
    here: Here,
    shared: Option<SharedCounters>,
}

impl From<Throttled> for AccountsError {
    fn from(shut: Throttled) -> Self {
        Self::TooManyTries { retry_after: shut.wait }
    }
}

impl Throttle {
    /// One that counts together with the other nodes, where there is a place for that.
    pub(in crate::accounts) fn new(shared: Option<SharedCounters>) -> Self {
        Self { here: Here::default(), shared }
    }

    /// Begins a try; waits while others that are under way hold the last places.
    ///
    /// `account` is what is tried, `address` who tries; an empty one counts for nobody.
    pub(super) async fn begin(
        &self,
        purpose: Purpose,
        rate: Rate,
        account: &str,
        address: &str,
    ) -> Result<std::result::Result<Attempt, Throttled>> {
        let keys = keys_of(purpose, rate, account, address);
        let here = self.here.begin(&keys).await;
        let everywhere = match &self.shared {
            Some(counters) => shared::begin(counters, &keys).await?,
            None => None,
        };
        // What all nodes count is told once for all of them; it may have been lost, and then what this
        // node has seen still holds.
        if let Some(Err(shut)) = everywhere {
            return Ok(Err(shut));
        }
        Ok(here.map(|here| Attempt { here, everywhere: everywhere.and_then(std::result::Result::ok) }))
    }
}

/// A try under way. Dropped, it counts as no failure.
#[derive(Debug)]
#[must_use]
pub(super) struct Attempt {
    here: here::HeldHere,
    everywhere: Option<shared::HeldEverywhere>,
}

impl Attempt {
    /// The try failed: it counts.
    pub(super) fn failed(self) {
        self.here.failed();
        if let Some(everywhere) = self.everywhere {
            everywhere.failed();
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test says what it expects
mod tests;
