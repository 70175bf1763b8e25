//! One counter: the generic cell rate algorithm (GCRA) for wrong and for right passwords, with growing waits on top.

use std::time::{Duration, Instant};

use gcra::{GcraError, GcraState, RateLimit};

/// How often an attempt may fail and succeed under one key.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    /// The rate of failures.
    pub(super) failures: RateLimit,
    /// The rate of successes. `None`: they do not count.
    pub(super) successes: Option<RateLimit>,
    /// Whether each wait is twice the one before.
    pub(super) grows: bool,
}

/// The recent attempts under one key, and how many are in progress.
#[derive(Debug, Default)]
pub(super) struct Counter {
    pub(super) failures: GcraState,
    pub(super) successes: GcraState,
    /// When the failures no longer count.
    pub(super) forgotten_at: Option<Instant>,
    pub(super) in_progress: u32,
    /// How many waits there were.
    pub(super) past_limit: u32,
    pub(super) shut_until: Option<Instant>,
    /// Until when no other refusal is recorded.
    pub(super) recorded_until: Option<Instant>,
}

/// Whether an attempt may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It may begin.
    Free,
    /// It must wait until attempts in progress have ended.
    Held,
    /// It is refused until this wait is over.
    Throttled { wait: Duration },
}

impl Counter {
    /// Whether another attempt may begin now, or must wait for those in progress.
    pub(super) fn place(&self, limit: &Limit, now: Instant) -> Place {
        if let Some(until) = self.shut_until.filter(|until| *until > now) {
            return Place::Throttled { wait: until - now };
        }
        // An attempt in progress may fail or succeed.
        let rates = [(self.failures, Some(&limit.failures)), (self.successes, limit.successes.as_ref())];
        let mut place = Place::Free;
        for (state, rate) in rates {
            let Some(rate) = rate else { continue };
            if let Some(wait) = wait_for(state, rate, now, 1) {
                return Place::Throttled { wait };
            }
            if wait_for(state, rate, now, 1 + self.in_progress).is_some() {
                place = Place::Held;
            }
        }
        place
    }

    /// Marks the refusals of this wait, or of this period, as recorded. Returns whether they were already.
    pub(super) fn record_refusal(&mut self, limit: &Limit, now: Instant) -> bool {
        let was_recorded = self.recorded_until.is_some_and(|until| until > now);
        if !was_recorded {
            let end_of_wait = self.shut_until.filter(|until| *until > now);
            self.recorded_until = Some(end_of_wait.unwrap_or(now + limit.failures.period));
        }
        was_recorded
    }

    pub(super) fn count_failure(&mut self, limit: &Limit, now: Instant) {
        if self.is_forgotten(now) {
            self.past_limit = 0;
        }
        let rate = &limit.failures;
        let _ = self.failures.check_and_modify_at(rate, now, 1);
        if limit.grows && wait_for(self.failures, rate, now, 1).is_some() {
            let step = rate.period / rate.resource_limit.max(1);
            let wait = step.saturating_mul(1_u32.checked_shl(self.past_limit).unwrap_or(u32::MAX));
            self.shut_until = Some(now + wait.min(rate.period));
            self.past_limit = self.past_limit.saturating_add(1);
        }
        let quiet_since = self.shut_until.map(|until| until + rate.period);
        self.forgotten_at = self.failures.tat.max(quiet_since);
    }

    pub(super) fn count_success(&mut self, limit: &Limit, now: Instant) {
        if let Some(rate) = &limit.successes {
            let _ = self.successes.check_and_modify_at(rate, now, 1);
        }
    }

    /// When nothing counts any more.
    pub(super) fn idle_at(&self) -> Option<Instant> {
        self.forgotten_at.max(self.successes.tat)
    }

    /// Whether nothing is in progress and nothing counts any more.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.in_progress == 0 && self.idle_at().is_none_or(|at| at <= now)
    }

    /// Whether earlier failures no longer count: a full period has passed since the last wait.
    fn is_forgotten(&self, now: Instant) -> bool {
        self.forgotten_at.is_none_or(|at| at <= now)
    }
}

/// How long until `attempts` more may come. `None`: they may come now.
fn wait_for(mut state: GcraState, rate: &RateLimit, now: Instant, attempts: u32) -> Option<Duration> {
    match state.check_and_modify_at(rate, now, attempts) {
        Ok(()) => None,
        Err(GcraError::DeniedUntil { next_allowed_at }) => Some(next_allowed_at.saturating_duration_since(now)),
        Err(GcraError::DeniedIndefinitely { .. }) => Some(rate.period),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_mins(15);

    fn limit(grows: bool) -> Limit {
        Limit { failures: RateLimit::new(3, PERIOD), successes: Some(RateLimit::new(30, PERIOD)), grows }
    }

    #[test]
    fn the_wait_doubles_up_to_the_period_and_always_ends() {
        let limit = limit(true);
        let mut counter = Counter::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        while waits.len() < 5 {
            counter.count_failure(&limit, now);
            if let Place::Throttled { wait } = counter.place(&limit, now) {
                waits.push(wait.as_secs());
                now += wait;
            }
            assert_eq!(counter.place(&limit, now), Place::Free, "{waits:?}");
        }
        assert_eq!(waits, [300, 600, 900, 900, 900]);
        now += PERIOD * 2;
        for _ in 0..2 {
            counter.count_failure(&limit, now);
            assert_eq!(counter.place(&limit, now), Place::Free, "failures are forgotten after a long rest");
        }
        counter.count_failure(&limit, now);
        let wait = Duration::from_mins(5);
        assert_eq!(counter.place(&limit, now), Place::Throttled { wait }, "the waits start over");
    }

    #[test]
    fn without_growing_waits_the_rate_stays_open_for_ever() {
        let limit = limit(false);
        let mut counter = Counter::default();
        let mut now = Instant::now();
        for turn in 0..20 {
            counter.count_failure(&limit, now);
            if turn >= 2 {
                let wait = Duration::from_mins(5);
                assert_eq!(counter.place(&limit, now), Place::Throttled { wait }, "turn {turn}");
                now += wait;
            }
            assert_eq!(counter.place(&limit, now), Place::Free, "turn {turn}");
        }
    }

    #[test]
    fn successes_have_a_limit_of_their_own() {
        let limit = limit(true);
        let (mut counter, now) = (Counter::default(), Instant::now());
        for turn in 0..30 {
            assert_eq!(counter.place(&limit, now), Place::Free, "turn {turn}");
            counter.count_success(&limit, now);
        }
        assert!(matches!(counter.place(&limit, now), Place::Throttled { wait } if wait <= PERIOD / 30));
        assert!(!counter.is_idle(now) && counter.is_idle(now + PERIOD));
    }

    #[test]
    fn one_refusal_of_each_wait_or_period_is_recorded() {
        let (mut counter, now) = (Counter::default(), Instant::now());
        assert!(!counter.record_refusal(&limit(false), now));
        assert!(counter.record_refusal(&limit(false), now + PERIOD.mul_f32(0.9)));
        assert!(!counter.record_refusal(&limit(false), now + PERIOD));
    }
}
