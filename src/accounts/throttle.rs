//! How often somebody may try: growing delays, and never a lock for good.
//!
//! Only failures count. A try that is under way holds a place until it is known how it ended, so
//! that many at once get no further than one after the other; who finds the last places held waits
//! for their outcome, so that right passwords are never refused. The arithmetic is GCRA's, from the
//! crate; on top of it each failure past the limit doubles the wait, up to the whole period.

mod keys;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use gcra::{GcraState, RateLimit};
use rocket::tokio::sync::Notify;

use self::keys::{Key, keys_of};
use super::{AccountsError, Result};
use crate::domain::rate::Rate;

/// Beyond this many keys, those that are at rest are forgotten.
const KEYS_BEFORE_CLEANING: usize = 10_000;

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

/// The counters of every account and address that failed lately.
#[derive(Debug, Clone, Default)]
pub(super) struct Throttle {
    counters: Arc<Mutex<HashMap<Key, Counter>>>,
    settled: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Counter {
    state: GcraState,
    forgotten_at: Option<Instant>,
    under_way: u32,
    past_limit: u32,
    shut_until: Option<Instant>,
    was_told: bool,
}

/// Whether a try may go on.
enum Place {
    Free,
    Held,
    Shut { wait: Duration },
}

impl Counter {
    fn place(&self, limit: &RateLimit, now: Instant) -> Place {
        if let Some(until) = self.shut_until.filter(|until| *until > now) {
            return Place::Shut { wait: until - now };
        }
        let mut next = self.state;
        match next.check_and_modify_at(limit, now, 1 + self.under_way) {
            Ok(()) => Place::Free,
            Err(_) if self.under_way > 0 => Place::Held,
            Err(gcra::GcraError::DeniedUntil { next_allowed_at }) => {
                Place::Shut { wait: next_allowed_at.saturating_duration_since(now) }
            }
            Err(gcra::GcraError::DeniedIndefinitely { .. }) => Place::Shut { wait: limit.period },
        }
    }

    fn count_failure(&mut self, limit: &RateLimit, now: Instant) {
        if self.is_forgotten(now) {
            self.past_limit = 0;
        }
        let _ = self.state.check_and_modify_at(limit, now, 1);
        let mut next = self.state;
        if next.check_and_modify_at(limit, now, 1).is_err() {
            let step = limit.period / limit.resource_limit.max(1);
            let wait = step.saturating_mul(1_u32.checked_shl(self.past_limit).unwrap_or(u32::MAX));
            self.shut_until = Some(now + wait.min(limit.period));
            self.past_limit = self.past_limit.saturating_add(1);
            self.was_told = false;
        }
        let quiet_since = self.shut_until.map(|until| until + limit.period);
        self.forgotten_at = self.state.tat.max(quiet_since);
    }

    /// Nothing under way, nothing remembered that still counts.
    fn is_at_rest(&self, now: Instant) -> bool {
        self.under_way == 0 && self.is_forgotten(now)
    }

    /// A whole period of peace after the last wait: what was before no longer counts.
    fn is_forgotten(&self, now: Instant) -> bool {
        self.forgotten_at.is_none_or(|at| at <= now)
    }
}

/// A refusal of the throttle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shut {
    /// How long to wait.
    pub(super) wait: Duration,
    /// Whether this wait has been told before: one event for each, not for each try.
    pub(super) was_told: bool,
}

impl From<Shut> for AccountsError {
    fn from(shut: Shut) -> Self {
        Self::TooManyTries { retry_after: shut.wait }
    }
}

impl Throttle {
    /// Begins a try, or says how long to wait.
    pub(super) async fn enter(&self, purpose: Purpose, rate: Rate, account: &str, address: &str) -> Result<Attempt> {
        self.begin(purpose, rate, account, address).await.map_err(AccountsError::from)
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
    ) -> std::result::Result<Attempt, Shut> {
        let keys = keys_of(purpose, rate, account, address);
        loop {
            // Asked to be woken before the look, so that no outcome is missed in between.
            let settled = self.settled.notified();
            match self.try_begin(&keys) {
                Ok(true) => return Ok(Attempt { throttle: self.clone(), keys, has_failed: false }),
                Ok(false) => settled.await,
                Err(shut) => return Err(shut),
            }
        }
    }

    fn try_begin(&self, keys: &[(Key, RateLimit)]) -> std::result::Result<bool, Shut> {
        let now = Instant::now();
        let mut counters = self.counters();
        let mut is_held = false;
        for (key, limit) in keys {
            let Some(counter) = counters.get_mut(key) else { continue };
            match counter.place(limit, now) {
                Place::Free => {}
                Place::Held => is_held = true,
                Place::Shut { wait } => {
                    let was_told = std::mem::replace(&mut counter.was_told, true);
                    return Err(Shut { wait, was_told });
                }
            }
        }
        if !is_held {
            for (key, _) in keys {
                counters.entry(key.clone()).or_default().under_way += 1;
            }
        }
        Ok(!is_held)
    }

    fn settle(&self, keys: &[(Key, RateLimit)], has_failed: bool) {
        let now = Instant::now();
        let mut counters = self.counters();
        for (key, limit) in keys {
            if let Some(counter) = counters.get_mut(key) {
                if has_failed {
                    counter.count_failure(limit, now);
                }
                counter.under_way -= 1;
                if counter.is_at_rest(now) {
                    counters.remove(key);
                }
            }
        }
        if counters.len() > KEYS_BEFORE_CLEANING {
            counters.retain(|_, counter| !counter.is_at_rest(now));
        }
        drop(counters);
        self.settled.notify_waiters();
    }

    /// A panic elsewhere leaves the counters whole: each change of them is one assignment.
    fn counters(&self) -> MutexGuard<'_, HashMap<Key, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A try under way. Dropped, it counts as no failure.
#[derive(Debug)]
#[must_use]
pub(super) struct Attempt {
    throttle: Throttle,
    keys: Vec<(Key, RateLimit)>,
    has_failed: bool,
}

impl Attempt {
    /// The try failed: it counts.
    pub(super) fn failed(mut self) {
        self.has_failed = true;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.settle(&self.keys, self.has_failed);
    }
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod tests;
