//! The counters of this node. On SQLite without Redis there are no others. Elsewhere, they save queries of the shared
//! counters when many attempts come at the same time.

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

/// Above this many keys, idle ones are removed.
const KEYS_BEFORE_CLEANING: usize = 10_000;

/// The counters of every account and address with recent failures on this node. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct LocalCounters {
    counters: Arc<Mutex<HashMap<Key, Counter>>>,
    settled: Arc<Notify>,
}

impl LocalCounters {
    /// Begins an attempt. Waits while attempts in progress hold the last places.
    pub(super) async fn begin(&self, keys: &[(Key, RateLimit)]) -> Result<LocalPlaces, Throttled> {
        loop {
            // Subscribed before the check, so that no outcome in between is missed.
            let settled = self.settled.notified();
            if self.try_begin(keys)? {
                return Ok(LocalPlaces { counters: self.clone(), keys: keys.to_vec(), has_failed: false });
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
                counters.entry(key.clone()).or_default().in_progress += 1;
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
                counter.in_progress -= 1;
                if counter.is_idle(now) {
                    counters.remove(key);
                }
            }
        }
        if counters.len() > KEYS_BEFORE_CLEANING {
            counters.retain(|_, counter| !counter.is_idle(now));
        }
        drop(counters);
        self.settled.notify_waiters();
    }

    /// Ignores poisoning: each change is one assignment, so no panic can leave the counters half changed.
    pub(super) fn counters(&self) -> MutexGuard<'_, HashMap<Key, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The places of an attempt in progress. If dropped, it does not count as a failure.
#[derive(Debug)]
#[must_use]
pub(super) struct LocalPlaces {
    counters: LocalCounters,
    keys: Vec<(Key, RateLimit)>,
    has_failed: bool,
}

impl LocalPlaces {
    /// Counts the attempt as failed.
    pub(super) fn failed(mut self) {
        self.has_failed = true;
    }
}

impl Drop for LocalPlaces {
    fn drop(&mut self) {
        self.counters.settle(&self.keys, self.has_failed);
    }
}
