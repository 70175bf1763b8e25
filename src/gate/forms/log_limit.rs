//! Limits the log lines that strangers can cause.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// At most one line in this time.
const INTERVAL: Duration = Duration::from_mins(1);

/// Lets one line through per minute, and counts the others.
#[derive(Debug, Default)]
pub(crate) struct LogLimit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    left_out: u64,
}

impl LogLimit {
    /// Whether a line may be written now, and if so, how many were left out since the last one.
    pub(super) fn admit(&self, now: Instant) -> Option<u64> {
        // Ignores poisoning: each change is one assignment.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < INTERVAL) {
            state.left_out += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_minute_says_how_many_were_left_out() {
        let (limit, start) = (LogLimit::default(), Instant::now());
        assert_eq!(limit.admit(start), Some(0));
        for n in 1..=9 {
            assert_eq!(limit.admit(start + INTERVAL / 10 * n), None);
        }
        assert_eq!(limit.admit(start + INTERVAL), Some(9));
        assert_eq!(limit.admit(start + INTERVAL), None);
        assert_eq!(limit.admit(start + INTERVAL * 2), Some(1));
    }
}
