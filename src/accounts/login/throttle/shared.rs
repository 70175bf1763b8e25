//! The counters that all nodes share: the same arithmetic, on what is kept in Redis or Postgres.
//!
//! A place is held for a while only: a node that dies in the middle of a try must not hold it for
//! good.

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

/// How long a try holds its place, far above what a password hash takes.
const PLACE_HELD_FOR: Duration = Duration::from_mins(1);
/// How long whoever finds the last places held waits before looking again, in milliseconds: each
/// another time, so that they do not all look at once.
const RETRY_MS: std::ops::Range<u64> = 30..80;

/// A counter as it is kept. The moments are microseconds of the clock beside which it is kept.
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

/// The same moment by both clocks.
#[derive(Debug, Clone, Copy)]
struct Now {
    here: Instant,
    micros: i64,
}

impl Now {
    fn of(micros: i64) -> Self {
        Self { here: Instant::now(), micros }
    }

    /// What has passed counts as now: the arithmetic asks for no more.
    fn instant_of(self, micros: i64) -> Instant {
        self.here + Duration::from_micros(u64::try_from(micros - self.micros).unwrap_or_default())
    }

    fn micros_of(self, instant: Instant) -> i64 {
        let ahead = instant.saturating_duration_since(self.here);
        self.micros.saturating_add(i64::try_from(ahead.as_micros()).unwrap_or(i64::MAX))
    }
}

impl KeptCounter {
    /// What cannot be read was written by another version, and counts as nothing.
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
            under_way: u32::try_from(self.under_way.len()).unwrap_or(u32::MAX),
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

    /// None when it is at rest.
    fn written(&self, now: Now) -> Option<Kept> {
        let until = self.under_way.iter().map(|place| place.until).chain(self.forgotten_at).max();
        let kept_for = Duration::from_micros(u64::try_from(until? - now.micros).ok().filter(|micros| *micros > 0)?);
        Some(Kept { text: serde_json::to_string(self).ok()?, kept_for })
    }
}

/// Begins a try; waits while others that are under way hold the last places, on whichever node.
/// None where nothing is shared at the moment.
pub(super) async fn begin(
    counters: &SharedCounters,
    keys: &[(Key, RateLimit)],
) -> Result<Option<std::result::Result<HeldEverywhere, Throttled>>> {
    let (names, limits) = named(keys);
    let id = rand::random();
    loop {
        match counters.change(&names, |micros, texts| try_begin(Now::of(micros), texts, &limits, id)).await? {
            None => return Ok(None),
            Some(Err(shut)) => return Ok(Some(Err(shut))),
            Some(Ok(true)) => {
                let counters = counters.clone();
                return Ok(Some(Ok(HeldEverywhere { counters, names, limits, id, has_failed: false })));
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
        let until = now.micros_of(now.here + PLACE_HELD_FOR);
        for kept in &mut all {
            kept.under_way.push(HeldPlace { id, until });
        }
    }
    let is_news = match place {
        Ok(is_free) => is_free,
        Err(shut) => !shut.was_recorded,
    };
    (place, is_news.then(|| all.iter().map(|kept| kept.written(now)).collect()))
}

/// The places of a try that is under way. Dropped, it counts as no failure. The places are given back
/// behind the answer: until then they are held, and nobody gets further for it.
#[derive(Debug)]
#[must_use]
pub(super) struct HeldEverywhere {
    counters: SharedCounters,
    names: Vec<String>,
    limits: Vec<RateLimit>,
    id: u64,
    has_failed: bool,
}

impl HeldEverywhere {
    /// The try failed: it counts.
    pub(super) fn failed(mut self) {
        self.has_failed = true;
    }
}

impl Drop for HeldEverywhere {
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
                log::warn!("a login could not be counted for all nodes, only for this one: {error}");
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
        kept.written(now)
    };
    texts.iter().zip(limits).map(settled).collect()
}

fn until_next_poll() -> Duration {
    Duration::from_millis(rand::rng().random_range(RETRY_MS))
}

/// In one order everywhere, so that two tries never wait for one another.
fn named(keys: &[(Key, RateLimit)]) -> (Vec<String>, Vec<RateLimit>) {
    let mut named: Vec<_> = keys.iter().map(|(key, limit)| (key.name(), limit.clone())).collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named.into_iter().unzip()
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
