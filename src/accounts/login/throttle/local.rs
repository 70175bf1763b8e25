//! The counters of this node. On SQLite without Redis there are no others. Elsewhere, they save queries of the shared
//! counters when many attempts come at the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use rocket::tokio::sync::{Notify, Semaphore};

use super::{
    admission::{Admitted, Outcome, Step, Throttled, count, decide},
    counter::Counter,
    keys::{Counted, Key},
};
use crate::accounts::{AccountsError, Result, login::queue::RETRY_AFTER};

/// Above this many keys, idle ones are removed.
const KEYS_BEFORE_CLEANING: usize = 10_000;
/// How many attempts may wait for the outcome of others. Each outcome wakes all of them.
const MAX_WAITING: usize = 1_000;

/// The counters of every account and address with recent attempts on this node. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct LocalCounters {
    counters: Arc<Mutex<HashMap<Key, Counter>>>,
    settled: Arc<Notify>,
    waiting: Arc<Semaphore>,
}

impl Default for LocalCounters {
    fn default() -> Self {
        Self { counters: Arc::default(), settled: Arc::default(), waiting: Arc::new(Semaphore::new(MAX_WAITING)) }
    }
}

impl LocalCounters {
    /// Begins an attempt. Waits while attempts in progress hold the last places.
    pub(super) async fn begin(&self, counted: &[Counted]) -> Result<std::result::Result<LocalPlaces, Throttled>> {
        let mut waiting = None;
        loop {
            // Subscribed before the check, so that no outcome in between is missed.
            let settled = self.settled.notified();
            match self.try_begin(counted) {
                Step::Begin(admitted) => {
                    let (counters, counted) = (self.clone(), counted.to_vec());
                    return Ok(Ok(LocalPlaces { counters, counted, admitted, outcome: Outcome::Abandoned }));
                }
                Step::Refuse(throttled) => return Ok(Err(throttled)),
                Step::Wait if waiting.is_none() => {
                    let place = self.waiting.try_acquire();
                    waiting = Some(place.map_err(|_| AccountsError::Busy { retry_after: RETRY_AFTER })?);
                }
                Step::Wait => {}
            }
            settled.await;
        }
    }

    fn try_begin(&self, counted: &[Counted]) -> Step {
        self.change(counted, |counters, now| {
            let step = decide(counted, counters, now);
            if let Step::Begin(admitted) = step {
                for (_, counter) in counted.iter().zip(counters).filter(|(counted, _)| admitted.holds(counted)) {
                    counter.in_progress += 1;
                }
            }
            step
        })
    }

    fn settle(&self, counted: &[Counted], admitted: Admitted, outcome: Outcome) {
        self.change(counted, |counters, now| {
            for (counted, counter) in counted.iter().zip(counters) {
                count(counted, counter, outcome, now);
                counter.in_progress -= u32::from(admitted.holds(counted));
            }
        });
        self.settled.notify_waiters();
    }

    fn change<R>(&self, counted: &[Counted], change: impl FnOnce(&mut [Counter], Instant) -> R) -> R {
        let now = Instant::now();
        let mut all = self.counters();
        let mut counters: Vec<_> = counted.iter().map(|counted| all.remove(&counted.key).unwrap_or_default()).collect();
        let result = change(&mut counters, now);
        let kept = counted.iter().zip(counters).filter(|(_, counter)| !counter.is_idle(now));
        all.extend(kept.map(|(counted, counter)| (counted.key.clone(), counter)));
        if all.len() > KEYS_BEFORE_CLEANING {
            all.retain(|_, counter| !counter.is_idle(now));
        }
        result
    }

    /// Ignores poisoning: no change of the counters panics.
    pub(super) fn counters(&self) -> MutexGuard<'_, HashMap<Key, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The places of an attempt in progress. If dropped, it does not count.
#[derive(Debug)]
#[must_use]
pub(super) struct LocalPlaces {
    counters: LocalCounters,
    counted: Vec<Counted>,
    pub(super) admitted: Admitted,
    outcome: Outcome,
}

impl LocalPlaces {
    /// Counts how the attempt ended.
    pub(super) fn ended(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for LocalPlaces {
    fn drop(&mut self) {
        self.counters.settle(&self.counted, self.admitted, self.outcome);
    }
}
