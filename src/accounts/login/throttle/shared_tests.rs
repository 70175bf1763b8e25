//! Tests of the shared counters' arithmetic, without Redis or Postgres.

use gcra::RateLimit;

use super::*;
use crate::{
    accounts::login::throttle::{Purpose, keys::keys_of},
    domain::rate::Rate,
};

const PERIOD: Duration = Duration::from_mins(15);
const START: i64 = 1_700_000_000_000_000;

/// One stored counter with a limit of three failures.
#[derive(Default)]
struct StoredCounter {
    text: Option<String>,
    micros: i64,
}

impl StoredCounter {
    fn counted() -> Vec<Counted> {
        let mut counted = keys_of(Purpose::Setup, Rate { count: 3, period: PERIOD }, "", "1.1.1.1");
        counted[0].limit.failures = RateLimit::new(3, PERIOD);
        counted[0].limit.successes = Some(RateLimit::new(30, PERIOD));
        counted
    }

    fn now(&self) -> Now {
        Now::of(START + self.micros)
    }

    fn begin(&mut self, id: u64) -> std::result::Result<bool, Throttled> {
        let (step, changed) = try_begin(self.now(), std::slice::from_ref(&self.text), &Self::counted(), id);
        self.store(changed);
        match step {
            Step::Begin(admitted) => Ok(admitted.is_compared),
            Step::Wait => Ok(false),
            Step::Refuse(throttled) => Err(throttled),
        }
    }

    fn settle(&mut self, id: u64, outcome: Outcome) {
        let settled = settle(self.now(), std::slice::from_ref(&self.text), &Self::counted(), (id, outcome));
        self.store(Some(settled));
    }

    fn fail(&mut self) -> std::result::Result<bool, Throttled> {
        let place = self.begin(7)?;
        self.settle(7, Outcome::Failed { was_compared: true });
        Ok(place)
    }

    fn store(&mut self, changed: Changed) {
        if let Some(mut changed) = changed {
            self.text = changed.remove(0).map(|kept| kept.text);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.micros += i64::try_from(time.as_micros()).unwrap_or_default();
    }
}

#[test]
fn failures_up_to_the_limit_pass_and_each_wait_is_recorded_once() {
    let mut counter = StoredCounter::default();
    for _ in 0..3 {
        assert_eq!(counter.fail(), Ok(true));
    }
    let wait_and_recorded = |place: std::result::Result<bool, Throttled>| {
        place.map_err(|throttled| (throttled.wait.as_secs(), throttled.was_recorded))
    };
    assert!(matches!(wait_and_recorded(counter.begin(1)), Err((299..=300, false))));
    assert!(matches!(wait_and_recorded(counter.begin(2)), Err((299..=300, true))));
    counter.pass(Duration::from_mins(5));
    assert_eq!(counter.fail(), Ok(true), "after the wait");
    assert!(matches!(wait_and_recorded(counter.begin(1)), Err((599..=600, false))), "the next wait is twice as long");
    counter.pass(PERIOD * 3);
    assert_eq!(counter.fail(), Ok(true));
    assert_eq!(counter.fail(), Ok(true), "failures are forgotten after a long rest");
}

#[test]
fn attempts_in_progress_hold_their_places_until_they_are_settled() {
    let mut counter = StoredCounter::default();
    for id in 1..=3 {
        assert_eq!(counter.begin(id), Ok(true));
    }
    assert_eq!(counter.begin(4), Ok(false), "the fourth attempt waits");
    counter.settle(2, Outcome::Abandoned);
    assert_eq!(counter.begin(4), Ok(true), "an abandoned attempt does not count");
    for id in [1, 3, 4] {
        counter.settle(id, Outcome::Abandoned);
    }
    assert_eq!(counter.text, None, "no counter is left");
}

#[test]
fn the_places_of_a_node_that_died_expire() {
    let mut counter = StoredCounter::default();
    for id in 1..=3 {
        assert_eq!(counter.begin(id), Ok(true));
    }
    counter.pass(PLACE_LIFETIME.saturating_sub(Duration::from_secs(1)));
    assert_eq!(counter.begin(4), Ok(false));
    counter.pass(Duration::from_secs(2));
    assert_eq!(counter.begin(4), Ok(true));
}

#[test]
fn a_counter_from_another_version_counts_as_empty() {
    let mut counter = StoredCounter { text: Some("{\"tat\":\"soon\"}".to_owned()), ..StoredCounter::default() };
    assert_eq!(counter.fail(), Ok(true));
}

#[test]
fn successes_count_at_ten_times_the_limit() {
    let mut counter = StoredCounter::default();
    for _ in 0..30 {
        assert_eq!(counter.begin(7), Ok(true));
        counter.settle(7, Outcome::Succeeded);
    }
    assert!(counter.begin(7).is_err_and(|throttled| throttled.wait <= PERIOD / 30));
    counter.pass(PERIOD);
    assert_eq!(counter.begin(7), Ok(true));
}
