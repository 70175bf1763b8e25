//! The shared counters' arithmetic, without a place where they are kept.

use super::*;

const PERIOD: Duration = Duration::from_mins(15);
const START: i64 = 1_700_000_000_000_000;

/// One counter of three failures, as two nodes would keep it.
#[derive(Default)]
struct One {
    text: Option<String>,
    micros: i64,
}

impl One {
    fn limits() -> [RateLimit; 1] {
        [RateLimit::new(3, PERIOD)]
    }

    fn now(&self) -> Now {
        Now::of(START + self.micros)
    }

    fn begin(&mut self, id: u64) -> std::result::Result<bool, Throttled> {
        let (place, changed) = try_begin(self.now(), std::slice::from_ref(&self.text), &Self::limits(), id);
        self.take(changed);
        place
    }

    fn settle(&mut self, id: u64, has_failed: bool) {
        let settled = settle(self.now(), std::slice::from_ref(&self.text), &Self::limits(), (id, has_failed));
        self.take(Some(settled));
    }

    fn fail(&mut self) -> std::result::Result<bool, Throttled> {
        let place = self.begin(7)?;
        self.settle(7, true);
        Ok(place)
    }

    fn take(&mut self, changed: Changed) {
        if let Some(mut changed) = changed {
            self.text = changed.remove(0).map(|kept| kept.text);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.micros += i64::try_from(time.as_micros()).unwrap_or_default();
    }
}

#[test]
fn failures_up_to_the_limit_pass_and_each_wait_is_told_once() {
    let mut one = One::default();
    for _ in 0..3 {
        assert_eq!(one.fail(), Ok(true));
    }
    let event =
        |place: std::result::Result<bool, Throttled>| place.map_err(|shut| (shut.wait.as_secs(), shut.was_recorded));
    assert!(matches!(event(one.begin(1)), Err((299..=300, false))));
    assert!(matches!(event(one.begin(2)), Err((299..=300, true))));
    one.pass(Duration::from_mins(5));
    assert_eq!(one.fail(), Ok(true), "after the wait");
    assert!(matches!(event(one.begin(1)), Err((599..=600, false))), "the next is twice as long");
    one.pass(PERIOD * 3);
    assert_eq!(one.fail(), Ok(true));
    assert_eq!(one.fail(), Ok(true), "a long rest forgets");
}

#[test]
fn the_places_of_tries_under_way_are_held_until_they_are_settled() {
    let mut one = One::default();
    for id in 1..=3 {
        assert_eq!(one.begin(id), Ok(true));
    }
    assert_eq!(one.begin(4), Ok(false), "it waits");
    one.settle(2, false);
    assert_eq!(one.begin(4), Ok(true), "a success counts for nothing");
    for id in [1, 3, 4] {
        one.settle(id, false);
    }
    assert_eq!(one.text, None, "nothing is remembered of them");
}

#[test]
fn a_node_that_died_holds_its_places_for_a_while_only() {
    let mut one = One::default();
    for id in 1..=3 {
        assert_eq!(one.begin(id), Ok(true));
    }
    one.pass(PLACE_HELD_FOR.saturating_sub(Duration::from_secs(1)));
    assert_eq!(one.begin(4), Ok(false));
    one.pass(Duration::from_secs(2));
    assert_eq!(one.begin(4), Ok(true));
}

#[test]
fn what_another_version_wrote_counts_as_nothing() {
    let mut one = One { text: Some("{\"tat\":\"soon\"}".to_owned()), ..One::default() };
    assert_eq!(one.fail(), Ok(true));
}
