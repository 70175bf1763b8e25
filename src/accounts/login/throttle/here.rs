//! The counters of this node alone: all there is on SQLite without Redis, and elsewhere what keeps
//! many tries at once from all asking what the nodes share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use gcra::RateLimit;
use rocket::tokio::sync::Notify;

use super::{
    counter::{Counter, Throttled},
    keys::Key,
};

/// Beyond this many keys, those that are at rest are forgotten.
const KEYS_BEFORE_CLEANING: usize = 10_000;

/// The counters of every account and address that failed here lately. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    counters: Arc<Mutex<HashMap<Key, Counter>>>,
    settled: Arc<Notify>,
}

impl Here {
    /// Begins a try; waits while others that are under way hold the last places.
    pub(super) async fn begin(&self, keys: &[(Key, RateLimit)]) -> Result<HeldHere, Throttled> {
        loop {
            // Asked to be woken before the look, so that no outcome is missed in between.
            let settled = self.settled.notified();
            if self.try_begin(keys)? {
                return Ok(HeldHere { here: self.clone(), keys: keys.to_vec(), has_failed: false });
            }
            settled.await;
        }
    }

    fn try_begin(&self, keys: &[(Key, RateLimit)]) -> Result<bool, Throttled> {
        let now = Instant::now();
        let mut counters = self.counters();
        let mut is_free = true;
        for (key, limit) in keys {
            if let Some(counter) = counters.get_mut(key) {
                is_free &= counter.admits(limit, now)?;
            }
        }
        if is_free {
            for (key, _) in keys {
                counters.entry(key.clone()).or_default().under_way += 1;
            }
        }
        Ok(is_free)
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
    pub(super) fn counters(&self) -> MutexGuard<'_, HashMap<Key, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The places of a try that is under way. Dropped, it counts as no failure.
#[derive(Debug)]
#[must_use]
pub(super) struct HeldHere {
    here: Here,
    keys: Vec<(Key, RateLimit)>,
    has_failed: bool,
}

impl HeldHere {
    /// The try failed: it counts.
    pub(super) fn failed(mut self) {
        self.has_failed = true;
    }
}

impl Drop for HeldHere {
    fn drop(&mut self) {
        self.here.settle(&self.keys, self.has_failed);
    }
}
