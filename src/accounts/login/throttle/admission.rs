//! Decides whether an attempt may begin, by all of its counters together, and counts how it ended.

use std::time::{Duration, Instant};

use super::{
    counter::{Counter, Place},
    keys::Counted,
};

/// A refusal by the throttle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::accounts) struct Throttled {
    /// How long to wait.
    pub(in crate::accounts) wait: Duration,
    /// Whether this wait has been recorded: one event per wait, not per attempt.
    pub(in crate::accounts) was_recorded: bool,
    /// Whether it is the first sign, for a while, that strangers guess the account's password.
    pub(in crate::accounts) shows_attack: bool,
}

/// An attempt that may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Admitted {
    /// Whether the password may be compared. Otherwise the attempt is answered like one with a wrong password.
    pub(super) is_compared: bool,
    /// The same as [`Throttled::shows_attack`].
    pub(super) shows_attack: bool,
}

/// Whether an attempt may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It may begin.
    Begin(Admitted),
    /// It must wait until attempts in progress have ended.
    Wait,
    /// It is refused.
    Refuse(Throttled),
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was given up, and does not count.
    Abandoned,
    /// It failed.
    Failed { was_compared: bool },
    /// It succeeded.
    Succeeded,
}

impl Admitted {
    /// Whether the attempt holds a place in this counter until it ends. One that is not compared uses up no try of the
    /// account, so it keeps none from others.
    pub(super) const fn holds(self, counted: &Counted) -> bool {
        self.is_compared || !counted.is_hidden
    }
}

/// Decides whether an attempt with these counters may begin. A counter that refuses it remembers that the refusal is
/// recorded now.
///
/// An attempt waits only for counters that an unknown name has too. If it waited for a hidden one, the time of the
/// answer would reveal that attempts by another name of the account are in progress.
pub(super) fn decide(counted: &[Counted], counters: &mut [Counter], now: Instant) -> Step {
    let places: Vec<_> =
        counted.iter().zip(&*counters).map(|(counted, counter)| counter.place(&counted.limit, now)).collect();
    let waits = counted.iter().zip(&places).filter_map(|(counted, place)| match place {
        Place::Throttled { wait } => Some((counted.is_hidden, *wait)),
        Place::Free | Place::Held => None,
    });
    let wait = waits.clone().filter(|(is_hidden, _)| !is_hidden).map(|(_, wait)| wait).max();
    let is_held = |hidden| counted.iter().zip(&places).any(|(c, place)| c.is_hidden == hidden && *place == Place::Held);
    let is_compared = waits.count() == 0 && !is_held(true);
    if wait.is_none() && is_held(false) {
        return Step::Wait;
    }
    let (mut was_recorded, mut shows_attack) = (true, false);
    for ((counted, counter), place) in counted.iter().zip(counters).zip(&places) {
        let is_full = matches!(place, Place::Throttled { .. });
        if is_full && counted.is_hidden != wait.is_some() && !counter.record_refusal(&counted.limit, now) {
            was_recorded = false;
            shows_attack |= counted.means_attack;
        }
    }
    match wait {
        Some(wait) => Step::Refuse(Throttled { wait, was_recorded, shows_attack }),
        None => Step::Begin(Admitted { is_compared, shows_attack }),
    }
}

/// Counts how an attempt ended.
pub(super) fn count(key: &Counted, counter: &mut Counter, outcome: Outcome, now: Instant) {
    match outcome {
        Outcome::Failed { was_compared } if was_compared || !key.is_hidden => {
            counter.count_failure(&key.limit, now);
        }
        Outcome::Succeeded => counter.count_success(&key.limit, now),
        Outcome::Failed { .. } | Outcome::Abandoned => {}
    }
}
