//! When a letter is tried again, when it is given up, and what its row says then.

use std::time::Duration;

/// The wait after the first attempt. With the poll, the second attempt follows within five seconds.
const FIRST_WAIT: Duration = Duration::from_secs(4);
/// No wait is longer.
const MAX_WAIT: Duration = Duration::from_hours(1);
/// The maximum number of attempts. The waits between them add up to a day.
pub const MOST_ATTEMPTS: i64 = 34;
/// The maximum number of attempts with an unknown outcome. Each may have left a copy with the recipient.
pub const MOST_SENDINGS: i64 = 2;
/// The time in which one address gets at most [`LetterKind::most_per_hour`](super::kind::LetterKind::most_per_hour).
pub const LIMIT_PERIOD: Duration = Duration::from_hours(1);

/// How long to wait after this many failed attempts.
#[must_use]
pub fn wait_after(attempts: i64) -> Duration {
    // Ten doublings reach the longest wait.
    let doublings = u32::try_from(attempts.clamp(1, 11) - 1).unwrap_or_default();
    (FIRST_WAIT * 2_u32.pow(doublings)).min(MAX_WAIT)
}

/// The state of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterState {
    /// It waits for its first or next attempt, or is being sent.
    Waiting,
    /// The mail server took it.
    Sent,
    /// It was given up.
    Failed,
    /// It was not sent at all, such as one too many for its address while another one waits for that.
    Dropped,
}

impl LetterState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Failed, Self::Dropped];

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    /// The state with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Why the site itself gave a letter up. Otherwise the row holds the answer of the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterFault {
    /// Its address has had as many of the kind in the last hour as it may. A letter that waits for that has it too.
    Limit,
    /// The outcome of two attempts is unknown, so a third might be a third copy.
    UnknownOutcome,
    /// Its row holds what only a bug or a manual change can have written.
    Unreadable,
}

impl LetterFault {
    /// Every fault.
    pub const ALL: [Self; 3] = [Self::Limit, Self::UnknownOutcome, Self::Unreadable];

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::UnknownOutcome => "unknown-outcome",
            Self::Unreadable => "unreadable",
        }
    }

    /// The fault with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_add_up_to_a_day() {
        let waits: Vec<u64> = (1..MOST_ATTEMPTS).map(|attempts| wait_after(attempts).as_secs()).collect();
        assert_eq!(waits[..11], [4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600]);
        assert!(waits[10..].iter().all(|wait| *wait == 3_600));
        let together: u64 = waits.iter().sum();
        assert!((86_400..86_400 + 3_600).contains(&together), "{together}");
        assert_eq!(wait_after(i64::MAX), MAX_WAIT);
        assert_eq!(wait_after(0), FIRST_WAIT);
    }

    #[test]
    fn every_code_parses_back() {
        for state in LetterState::ALL {
            assert_eq!(LetterState::from_code(state.code()), Some(state));
        }
        for fault in LetterFault::ALL {
            assert_eq!(LetterFault::from_code(fault.code()), Some(fault));
        }
    }
}
