//! Throttles attempts with growing delays, and never locks an account for good.
//!
//! Whoever tries a password belongs to one of three groups: strangers, browsers that have logged in to the account
//! before, and forms inside a live login. Each group has counters of its own, so strangers never keep the owner out of
//! a browser that the account knows.
//!
//! Wrong passwords count, and right ones at ten times the limit. An attempt in progress holds a place until it ends, so
//! simultaneous attempts get no more tries than sequential ones. If all places are held, the next attempt waits for the
//! outcome of the others, so that a right password is not refused because of them. Each node counts its own attempts.
//! Nodes that share Redis or Postgres also count together.

mod admission;
mod counter;
mod keys;
mod local;
mod polling;
mod shared;

use self::{
    admission::{Admitted, Outcome},
    keys::{Counted, keys_of, keys_of_guess},
    local::LocalCounters,
    polling::Polling,
};
use crate::{
    accounts::{Accounts, AccountsError, Client, Result, login::queue::RETRY_AFTER},
    domain::rate::Rate,
    store::fleet::shared_counters::SharedCounters,
};

pub(in crate::accounts) use admission::Throttled;
pub(in crate::accounts) use keys::Guesser;

/// What an attempt is for, other than a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::accounts) enum Purpose {
    /// A registration, however it ends.
    Registration,
    /// A registration that costs a hash, by the whole site together.
    NewAccount,
    /// The setup code.
    Setup,
    /// The creation of a token by its user.
    Token,
    /// A request for a letter.
    Letter,
    /// A new password for the account of a link.
    Reset,
    /// A change of the user's email.
    EmailChange,
}

/// The counters of every account and address with recent attempts. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct Throttle {
    local: LocalCounters,
    shared: Option<SharedCounters>,
    polling: Polling,
}

impl From<Throttled> for AccountsError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyAttempts { retry_after: throttled.wait }
    }
}

impl Throttle {
    /// A throttle that also counts together with the other nodes.
    pub(in crate::accounts) fn new(shared: Option<SharedCounters>) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Begins an attempt. Waits while attempts in progress hold the last places.
    ///
    /// `what` identifies the user of a [`Purpose::Token`], [`Purpose::Reset`] or [`Purpose::EmailChange`], `address` the
    /// client.
    pub(in crate::accounts) async fn begin(
        &self,
        purpose: Purpose,
        rate: Rate,
        what: &str,
        address: &str,
    ) -> Result<std::result::Result<Attempt, Throttled>> {
        self.begin_counted(&keys_of(purpose, rate, what, address)).await
    }

    /// Begins to try a password, in the same way.
    async fn begin_guess(&self, rate: Rate, guesser: Guesser<'_>) -> Result<std::result::Result<Attempt, Throttled>> {
        self.begin_counted(&keys_of_guess(rate, guesser)).await
    }

    async fn begin_counted(&self, counted: &[Counted]) -> Result<std::result::Result<Attempt, Throttled>> {
        let local = self.local.begin(counted).await?;
        let shared = match &self.shared {
            Some(counters) => shared::begin(counters, counted, &self.polling).await?.transpose(),
            None => Ok(None),
        };
        // The shared refusal comes first, because it records one event for all nodes. If the shared counters have lost
        // their data, this node's own counters still apply.
        let shared = match shared {
            Ok(shared) => shared,
            Err(throttled) => return Ok(Err(throttled)),
        };
        Ok(local.map(|local| Attempt { local, shared }))
    }
}

impl Accounts {
    /// Begins to try a password. Waits until the client hangs up.
    pub(super) async fn begin_guess(
        &self,
        client: Option<&Client>,
        guesser: Guesser<'_>,
    ) -> Result<std::result::Result<Attempt, Throttled>> {
        // Boxed, so that the callers' futures stay small.
        let attempt = Box::pin(self.throttle.begin_guess(self.settings.throttle_login, guesser));
        let attempt = self.connections.while_open(client.and_then(Client::peer), attempt).await;
        attempt.unwrap_or(Err(AccountsError::Busy { retry_after: RETRY_AFTER }))
    }
}

/// An attempt in progress. If dropped, it does not count.
#[derive(Debug)]
#[must_use]
pub(in crate::accounts) struct Attempt {
    local: local::LocalPlaces,
    shared: Option<shared::SharedPlaces>,
}

impl Attempt {
    /// Whether the password may be compared. Otherwise the attempt must be answered like one with a wrong password.
    pub(super) fn is_compared(&self) -> bool {
        self.admitted().all(|admitted| admitted.is_compared)
    }

    /// The same as [`Throttled::shows_attack`].
    pub(super) fn shows_attack(&self) -> bool {
        self.admitted().any(|admitted| admitted.shows_attack)
    }

    fn admitted(&self) -> impl Iterator<Item = Admitted> {
        [Some(self.local.admitted), self.shared.as_ref().map(|shared| shared.admitted)].into_iter().flatten()
    }

    /// Counts the attempt as failed.
    pub(in crate::accounts) fn failed(self) {
        let was_compared = self.is_compared();
        self.ended(Outcome::Failed { was_compared });
    }

    /// Counts the attempt as succeeded.
    pub(super) fn succeeded(self) {
        self.ended(Outcome::Succeeded);
    }

    fn ended(self, outcome: Outcome) {
        self.local.ended(outcome);
        if let Some(shared) = self.shared {
            shared.ended(outcome);
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
