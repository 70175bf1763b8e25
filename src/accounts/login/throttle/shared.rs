//! The counters that all nodes share, in Redis or Postgres. They use the same arithmetic as the local counters.
//!
//! A held place expires, because a node may die during an attempt.

use std::time::{Duration, Instant};

use gcra::{GcraState, RateLimit};
use rand::RngExt as _;
use rocket::tokio::{runtime::Handle, time::sleep};
use serde::{Deserialize, Serialize};

use super::{
    counter::{Counter, Throttled},
    keys::Key,
};
use crate::store::{
    Result,
    fleet::shared_counters::{Changed, Kept, SharedCounters},
};

/// The time after which a held place expires: far longer than a password hash takes.
const PLACE_LIFETIME: Duration = Duration::from_mins(1);
/// How long an attempt waits before it polls for a free place again, in milliseconds. Random, so that attempts do not
/// all poll at the same time.
const POLL_MS: std::ops::Range<u64> = 30..80;

/// A counter as stored. Times are microseconds of the clock of Redis or Postgres.
#[derive(Debug, Default, Serialize, Deserialize)]
struct KeptCounter {
    tat: Option<i64>,
    forgotten_at: Option<i64>,
    under_way: Vec<HeldPlace>,
    past_limit: u32,
    shut_until: Option<i64>,
    was_recorded: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldPlace {
    id: u64,
    until: i64,
}

/// The same instant by both clocks.
#[derive(Debug, Clone, Copy)]
struct Now {
    here: Instant,
    micros: i64,
}

impl Now {
    fn of(micros: i64) -> Self {
        Self { here: Instant::now(), micros }
    }

    /// A time in the past becomes now. That is enough for the arithmetic.
    fn instant_of(self, micros: i64) -> Instant {
        self.here + Duration::from_micros(u64::try_from(micros - self.micros).unwrap_or_default())
    }

    fn micros_of(self, instant: Instant) -> i64 {
        let ahead = instant.saturating_duration_since(self.here);
        self.micros.saturating_add(i64::try_from(ahead.as_micros()).unwrap_or(i64::MAX))
    }
}

impl KeptCounter {
    /// Parses a stored counter. A value that does not parse was written by another version, and counts as empty.
    fn read(text: Option<&str>, now: Now) -> Self {
        let mut kept: Self = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        kept.under_way.retain(|place| place.until > now.micros);
        kept
    }

    fn counter(&self, now: Now) -> Counter {
        let instant = |micros: i64| now.instant_of(micros);
        Counter {
            state: GcraState { tat: self.tat.map(instant) },
            forgotten_at: self.forgotten_at.map(instant),
            in_progress: u32::try_from(self.under_way.len()).unwrap_or(u32::MAX),
            past_limit: self.past_limit,
            shut_until: self.shut_until.map(instant),
            was_recorded: self.was_recorded,
        }
    }

    fn update(&mut self, counter: &Counter, now: Now) {
        let micros = |instant| now.micros_of(instant);
        self.tat = counter.state.tat.map(micros);
        self.forgotten_at = counter.forgotten_at.map(micros);
        self.past_limit = counter.past_limit;
        self.shut_until = counter.shut_until.map(micros);
        self.was_recorded = counter.was_recorded;
    }

    /// The value to store. `None` if the counter is idle.
    fn to_kept(&self, now: Now) -> Option<Kept> {
        let until = self.under_way.iter().map(|place| place.until).chain(self.forgotten_at).max();
        let kept_for = Duration::from_micros(u64::try_from(until? - now.micros).ok().filter(|micros| *micros > 0)?);
        Some(Kept { text: serde_json::to_string(self).ok()?, kept_for })
    }
}

/// Begins an attempt. Waits while attempts in progress on any node hold the last places. `None` if the shared counters
/// are not available.
pub(super) async fn begin(
    counters: &SharedCounters,
    keys: &[(Key, RateLimit)],
) -> Result<Option<std::result::Result<SharedPlaces, Throttled>>> {
    let (names, limits) = sorted_names(keys);
    let id = rand::random();
    loop {
        match counters.change(&names, |micros, texts| try_begin(Now::of(micros), texts, &limits, id)).await? {
            None => return Ok(None),
            Some(Err(throttled)) => return Ok(Some(Err(throttled))),
            Some(Ok(true)) => {
                let counters = counters.clone();
                return Ok(Some(Ok(SharedPlaces { counters, names, limits, id, has_failed: false })));
            }
            Some(Ok(false)) => sleep(until_next_poll()).await,
        }
    }
}

fn try_begin(
    now: Now,
    texts: &[Option<String>],
    limits: &[RateLimit],
    id: u64,
) -> (std::result::Result<bool, Throttled>, Changed) {
    let mut all: Vec<_> = texts.iter().map(|text| KeptCounter::read(text.as_deref(), now)).collect();
    let mut place = Ok(true);
    for (kept, limit) in all.iter_mut().zip(limits) {
        let mut counter = kept.counter(now);
        place = counter.admits(limit, now.here).map(|is_free| is_free && place == Ok(true));
        kept.was_recorded = counter.was_recorded;
        if place.is_err() {
            break;
        }
    }
    if place == Ok(true) {
        let until = now.micros_of(now.here + PLACE_LIFETIME);
        for kept in &mut all {
            kept.under_way.push(HeldPlace { id, until });
        }
    }
    let has_changed = match place {
        Ok(is_free) => is_free,
        Err(throttled) => !throttled.was_recorded,
    };
    (place, has_changed.then(|| all.iter().map(|kept| kept.to_kept(now)).collect()))
}

/// The places of an attempt in progress. If dropped, it does not count as a failure. A background task releases the
/// places, so an attempt may hold them a little longer than it takes. That only delays other attempts.
#[derive(Debug)]
#[must_use]
pub(super) struct SharedPlaces {
    counters: SharedCounters,
    names: Vec<String>,
    limits: Vec<RateLimit>,
    id: u64,
    has_failed: bool,
}

impl SharedPlaces {
    /// Counts the attempt as failed.
    pub(super) fn failed(mut self) {
        self.has_failed = true;
    }
}

impl Drop for SharedPlaces {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (counters, names, limits) =
            (self.counters.clone(), std::mem::take(&mut self.names), std::mem::take(&mut self.limits));
        let (id, has_failed) = (self.id, self.has_failed);
        runtime.spawn(async move {
            let settling = |micros, texts: &[Option<String>]| {
                ((), Some(settle(Now::of(micros), texts, &limits, (id, has_failed))))
            };
            if let Err(error) = counters.change(&names, settling).await {
                log::warn!("a login attempt was counted on this node only, not for all nodes: {error}");
            }
        });
    }
}

fn settle(now: Now, texts: &[Option<String>], limits: &[RateLimit], of: (u64, bool)) -> Vec<Option<Kept>> {
    let (id, has_failed) = of;
    let settled = |(text, limit): (&Option<String>, &RateLimit)| {
        let mut kept = KeptCounter::read(text.as_deref(), now);
        kept.under_way.retain(|place| place.id != id);
        if has_failed {
            let mut counter = kept.counter(now);
            counter.count_failure(limit, now.here);
            kept.update(&counter, now);
        }
        kept.to_kept(now)
    };
    texts.iter().zip(limits).map(settled).collect()
}

fn until_next_poll() -> Duration {
    Duration::from_millis(rand::rng().random_range(POLL_MS))
}

/// The names and limits of the keys. Sorted by name, so that two attempts never deadlock.
fn sorted_names(keys: &[(Key, RateLimit)]) -> (Vec<String>, Vec<RateLimit>) {
    let mut named: Vec<_> = keys.iter().map(|(key, limit)| (key.name(), limit.clone())).collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    named.into_iter().unzip()
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
