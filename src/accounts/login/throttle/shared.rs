//! The counters that all nodes share, in Redis or Postgres. They use the same arithmetic as the local counters.
//!
//! A held place expires, because a node may die during an attempt.

use std::time::{Duration, Instant};

use gcra::GcraState;
use rocket::tokio::{runtime::Handle, time::sleep};
use serde::{Deserialize, Serialize};

use super::{
    admission::{Admitted, Outcome, Step, Throttled, count, decide},
    counter::Counter,
    keys::Counted,
    polling::Polling,
};
use crate::store::{
    Result,
    fleet::shared_counters::{Changed, Kept, SharedCounters},
};

/// The time after which a held place expires: far longer than a password hash takes.
const PLACE_LIFETIME: Duration = Duration::from_mins(1);

/// A counter as stored. Times are microseconds of the clock of Redis or Postgres.
#[derive(Debug, Default, Serialize, Deserialize)]
struct KeptCounter {
    tat: Option<i64>,
    successes_tat: Option<i64>,
    forgotten_at: Option<i64>,
    under_way: Vec<HeldPlace>,
    past_limit: u32,
    shut_until: Option<i64>,
    recorded_until: Option<i64>,
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
            failures: GcraState { tat: self.tat.map(instant) },
            successes: GcraState { tat: self.successes_tat.map(instant) },
            forgotten_at: self.forgotten_at.map(instant),
            in_progress: u32::try_from(self.under_way.len()).unwrap_or(u32::MAX),
            past_limit: self.past_limit,
            shut_until: self.shut_until.map(instant),
            recorded_until: self.recorded_until.map(instant),
        }
    }

    fn update(&mut self, counter: &Counter, now: Now) {
        let micros = |instant| now.micros_of(instant);
        self.tat = counter.failures.tat.map(micros);
        self.successes_tat = counter.successes.tat.map(micros);
        self.forgotten_at = counter.forgotten_at.map(micros);
        self.past_limit = counter.past_limit;
        self.shut_until = counter.shut_until.map(micros);
        self.recorded_until = counter.recorded_until.map(micros);
    }

    /// The value to store. `None` if the counter is idle.
    fn to_kept(&self, now: Now) -> Option<Kept> {
        let until =
            self.under_way.iter().map(|place| place.until).chain(self.forgotten_at).chain(self.successes_tat).max();
        let kept_for = Duration::from_micros(u64::try_from(until? - now.micros).ok().filter(|micros| *micros > 0)?);
        Some(Kept { text: serde_json::to_string(self).ok()?, kept_for })
    }
}

/// Begins an attempt. Waits while attempts in progress on any node hold the last places. `None` if the shared counters
/// are not available.
pub(super) async fn begin(
    counters: &SharedCounters,
    counted: &[Counted],
    polling: &Polling,
) -> Result<Option<std::result::Result<SharedPlaces, Throttled>>> {
    let (names, counted) = sorted_by_name(counted);
    let id = rand::random();
    let mut waiting = None;
    loop {
        match counters.change(&names, |micros, texts| try_begin(Now::of(micros), texts, &counted, id)).await? {
            None => return Ok(None),
            Some(Step::Refuse(throttled)) => return Ok(Some(Err(throttled))),
            Some(Step::Begin(admitted)) => {
                let (counters, outcome) = (counters.clone(), Outcome::Abandoned);
                return Ok(Some(Ok(SharedPlaces { counters, names, counted, id, admitted, outcome })));
            }
            Some(Step::Wait) => sleep(waiting.get_or_insert_with(|| polling.start()).next_delay()).await,
        }
    }
}

fn try_begin(now: Now, texts: &[Option<String>], counted: &[Counted], id: u64) -> (Step, Changed) {
    let mut all: Vec<_> = texts.iter().map(|text| KeptCounter::read(text.as_deref(), now)).collect();
    let mut counters: Vec<_> = all.iter().map(|kept| kept.counter(now)).collect();
    let step = decide(counted, &mut counters, now.here);
    let has_changed = match step {
        Step::Begin(_) => true,
        Step::Wait => false,
        Step::Refuse(throttled) => !throttled.was_recorded,
    };
    if !has_changed {
        return (step, None);
    }
    let until = now.micros_of(now.here + PLACE_LIFETIME);
    for ((kept, counter), counted) in all.iter_mut().zip(&counters).zip(counted) {
        kept.recorded_until = counter.recorded_until.map(|until| now.micros_of(until));
        if matches!(step, Step::Begin(admitted) if admitted.holds(counted)) {
            kept.under_way.push(HeldPlace { id, until });
        }
    }
    (step, Some(all.iter().map(|kept| kept.to_kept(now)).collect()))
}

/// The places of an attempt in progress. If dropped, it does not count. A background task releases the
/// places, so an attempt may hold them a little longer than it takes. That only delays other attempts.
#[derive(Debug)]
#[must_use]
pub(super) struct SharedPlaces {
    counters: SharedCounters,
    names: Vec<String>,
    counted: Vec<Counted>,
    id: u64,
    pub(super) admitted: Admitted,
    outcome: Outcome,
}

impl SharedPlaces {
    /// Counts how the attempt ended.
    pub(super) fn ended(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for SharedPlaces {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (counters, names, counted) =
            (self.counters.clone(), std::mem::take(&mut self.names), std::mem::take(&mut self.counted));
        let (id, outcome) = (self.id, self.outcome);
        runtime.spawn(async move {
            let settling =
                |micros, texts: &[Option<String>]| ((), Some(settle(Now::of(micros), texts, &counted, (id, outcome))));
            if let Err(error) = counters.change(&names, settling).await {
                log::warn!("a login attempt was counted on this node only, not for all nodes: {error}");
            }
        });
    }
}

fn settle(now: Now, texts: &[Option<String>], all: &[Counted], of: (u64, Outcome)) -> Vec<Option<Kept>> {
    let (id, outcome) = of;
    let settled = |(text, counted): (&Option<String>, &Counted)| {
        let mut kept = KeptCounter::read(text.as_deref(), now);
        kept.under_way.retain(|place| place.id != id);
        let mut counter = kept.counter(now);
        count(counted, &mut counter, outcome, now.here);
        kept.update(&counter, now);
        kept.to_kept(now)
    };
    texts.iter().zip(all).map(settled).collect()
}

/// The keys with their names, sorted by name, so that two attempts never deadlock.
fn sorted_by_name(counted: &[Counted]) -> (Vec<String>, Vec<Counted>) {
    let mut named: Vec<_> = counted.iter().map(|counted| (counted.key.name(), counted.clone())).collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    named.into_iter().unzip()
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
