//! How often waiting attempts ask the shared counters again.
//!
//! All attempts of this node together ask at most [`MAX_POLLS_PER_SECOND`] times, however many wait, and each one asks
//! less and less often.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rand::RngExt as _;

/// How often this node asks per second.
const MAX_POLLS_PER_SECOND: u32 = 20;
/// The delay before the first poll doubles up to this many times.
const MAX_DOUBLINGS: u32 = 4;

/// The attempts of this node that wait. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(super) struct Polling(Arc<AtomicU32>);

/// An attempt that waits.
#[derive(Debug)]
pub(super) struct Poller {
    waiting: Arc<AtomicU32>,
    polls: u32,
}

impl Polling {
    /// Begins to wait. It ends when the poller is dropped.
    pub(super) fn start(&self) -> Poller {
        self.0.fetch_add(1, Ordering::Relaxed);
        Poller { waiting: Arc::clone(&self.0), polls: 0 }
    }
}

impl Poller {
    /// How long to wait before the next poll. Random, so that attempts do not all poll at the same time.
    pub(super) fn next_delay(&mut self) -> Duration {
        let delay = shortest_delay(self.polls, self.waiting.load(Ordering::Relaxed));
        self.polls = self.polls.saturating_add(1);
        delay.mul_f64(rand::rng().random_range(1.0..1.5))
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn shortest_delay(polls: u32, waiting: u32) -> Duration {
    let step = Duration::from_secs(1) / MAX_POLLS_PER_SECOND;
    step.saturating_mul(waiting.max(1 << polls.min(MAX_DOUBLINGS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_attempts_together_poll_at_most_so_often() {
        for waiting in [1, 2, 10, 100, 1_000] {
            for polls in 0..10 {
                let per_second = f64::from(waiting) / shortest_delay(polls, waiting).as_secs_f64();
                assert!(per_second <= f64::from(MAX_POLLS_PER_SECOND) * 1.001, "{waiting} waiting: {per_second}/s");
            }
        }
    }

    #[test]
    fn one_attempt_polls_less_and_less_often() {
        let delays: Vec<_> = (0..7).map(|polls| shortest_delay(polls, 1).as_millis()).collect();
        assert_eq!(delays, [50, 100, 200, 400, 800, 800, 800]);
    }

    #[test]
    fn an_attempt_that_no_longer_waits_slows_no_other() {
        let polling = Polling::default();
        let pollers: Vec<_> = (0..10).map(|_| polling.start()).collect();
        assert!(polling.start().next_delay() >= shortest_delay(0, 11));
        drop(pollers);
        assert!(polling.start().next_delay() < shortest_delay(0, 2));
    }
}
