//! Tests of the waiting activity.

use chrono::TimeDelta;

use super::*;
use crate::domain::moment::Moment;

const LAG: TimeDelta = TimeDelta::minutes(1);

fn session(number: u8) -> PublicId {
    PublicId::from_random([number; 10])
}

fn note(number: u8, seconds: i64) -> Seen {
    let at = Moment::UNIX_EPOCH + TimeDelta::seconds(seconds);
    Seen { user_id: number.into(), session: session(number), at, skip_if_seen_after: at - LAG }
}

#[test]
fn a_session_waits_once_with_its_latest_request() {
    let activity = Activity::default();
    for seconds in [5, 9, 7] {
        activity.put(note(1, seconds));
    }
    assert_eq!(activity.batch(10), [note(1, 9)]);
}

#[test]
fn what_was_written_is_forgotten_and_what_came_a_minute_later_is_not() {
    let activity = Activity::default();
    let written = [note(1, 0), note(2, 0), note(3, 0)];
    for (number, seconds) in [(1, 0), (2, 59), (3, 60)] {
        activity.put(note(number, seconds));
    }
    activity.forget(&written);
    assert_eq!(activity.batch(10), [note(3, 60)]);
}

#[test]
fn a_batch_is_as_long_as_asked_for_and_takes_nothing_away() {
    let activity = Activity::default();
    for number in 0..5 {
        activity.put(note(number, 0));
    }
    assert_eq!(activity.batch(3).len(), 3);
    assert_eq!(activity.batch(10).len(), 5);
}

#[test]
fn there_is_an_end_to_how_many_may_wait() {
    let activity = Activity::default();
    for number in 0..=MOST_WAITING {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let mut note = note(0, 0);
        note.session = PublicId::from_random(bytes);
        activity.put(note);
    }
    assert_eq!(activity.batch(usize::MAX).len(), MOST_WAITING);
}
