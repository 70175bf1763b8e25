//! One counter: the generic cell rate algorithm (GCRA), with growing waits on top.

use std::time::{Duration, Instant};

use gcra::{GcraError, GcraState, RateLimit};

/// The recent failures under one key, and how many attempts are in progress.
#[derive(Debug, Default)]
pub(super) struct Counter {
    pub(in crate::accounts) state: GcraState,
    pub(in crate::accounts) forgotten_at: Option<Instant>,
    pub(in crate::accounts) in_progress: u32,
    pub(in crate::accounts) past_limit: u32,
    pub(in crate::accounts) shut_until: Option<Instant>,
    pub(in crate::accounts) was_recorded: bool,
}

/// Whether an attempt may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It may begin.
    Free,
    /// It must wait until attempts in progress have ended.
    Held,
    /// It is refused until this wait is over.
    Throttled { wait: Duration },
}

impl Counter {
    /// Whether another attempt may begin now, or must wait for those in progress.
    pub(super) fn admits(&mut self, limit: &RateLimit, now: Instant) -> Result<bool, Throttled> {
        match self.place(limit, now) {
            Place::Free => Ok(true),
            Place::Held => Ok(false),
            Place::Throttled { wait } => {
                Err(Throttled { wait, was_recorded: std::mem::replace(&mut self.was_recorded, true) })
            }
        }
    }

    fn place(&self, limit: &RateLimit, now: Instant) -> Place {
        if let Some(until) = self.shut_until.filter(|until| *until > now) {
            return Place::Throttled { wait: until - now };
        }
        let mut next = self.state;
        match next.check_and_modify_at(limit, now, 1 + self.in_progress) {
            Ok(()) => Place::Free,
            Err(_) if self.in_progress > 0 => Place::Held,
            Err(GcraError::DeniedUntil { next_allowed_at }) => {
                Place::Throttled { wait: next_allowed_at.saturating_duration_since(now) }
            }
            Err(GcraError::DeniedIndefinitely { .. }) => Place::Throttled { wait: limit.period },
        }
    }

    pub(super) fn count_failure(&mut self, limit: &RateLimit, now: Instant) {
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
            self.was_recorded = false;
        }
        let quiet_since = self.shut_until.map(|until| until + limit.period);
        self.forgotten_at = self.state.tat.max(quiet_since);
    }

    /// Whether nothing is in progress and no failure counts any more.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.in_progress == 0 && self.is_forgotten(now)
    }

    /// Whether earlier failures no longer count: a full period has passed since the last wait.
    pub(super) fn is_forgotten(&self, now: Instant) -> bool {
        self.forgotten_at.is_none_or(|at| at <= now)
    }
}

/// A refusal by the throttle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::accounts) struct Throttled {
    /// How long to wait.
    pub(in crate::accounts) wait: Duration,
    /// Whether this wait has been recorded: one event per wait, not per attempt.
    pub(in crate::accounts) was_recorded: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_period_and_always_ends() {
        let limit = RateLimit::new(3, Duration::from_mins(15));
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
        now += limit.period * 2;
        for _ in 0..2 {
            counter.count_failure(&limit, now);
            assert_eq!(counter.place(&limit, now), Place::Free, "failures are forgotten after a long rest");
        }
        counter.count_failure(&limit, now);
        let wait = Duration::from_mins(5);
        assert_eq!(counter.place(&limit, now), Place::Throttled { wait }, "the waits start over");
    }
}
