//! Counts of logins.

use std::ops::AddAssign;

use super::kind::LoginClass;
use crate::domain::moment::Moment;

/// The logins of one account are counted up to this number, so that ending a million of them takes no longer than
/// ending ten.
pub const MOST_COUNTED: u64 = 10_000;

/// A number of sessions and a number of tokens. Of one account, at most 10,001 together: more are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoginCounts {
    /// Browser sessions.
    pub sessions: u64,
    /// Opaque tokens and JWT families.
    pub tokens: u64,
}

impl LoginCounts {
    /// Counts logins of one class.
    #[must_use]
    pub const fn of_class(class: LoginClass, count: u64) -> Self {
        match class {
            LoginClass::Sessions => Self { sessions: count, tokens: 0 },
            LoginClass::Tokens => Self { sessions: 0, tokens: count },
        }
    }

    /// Whether the total is greater than zero.
    #[must_use]
    pub const fn is_any(self) -> bool {
        self.all() > 0
    }

    /// The total.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.sessions.saturating_add(self.tokens)
    }

    /// Whether there are more than could be counted.
    #[must_use]
    pub const fn is_more(self) -> bool {
        self.all() == MOST_COUNTED + 1
    }

    /// The counts without the session that continues.
    #[must_use]
    pub const fn without_own(self) -> Self {
        if self.is_more() { self } else { Self { sessions: self.sessions.saturating_sub(1), tokens: self.tokens } }
    }
}

impl From<u64> for LoginCounts {
    /// Counts sessions only.
    fn from(sessions: u64) -> Self {
        Self::of_class(LoginClass::Sessions, sessions)
    }
}

impl AddAssign for LoginCounts {
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.tokens += other.tokens;
    }
}

/// At most this many tokens are counted when everyone is forced out.
pub const FEW_TOKENS: i64 = 1_000;

/// How many logins a force logout of everyone ended, as far as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EveryonesEndedLogins {
    /// Browser sessions.
    pub sessions: EndedSessions,
    /// Opaque tokens and JWT families, counted up to 1,001.
    pub tokens: i64,
}

/// How many sessions a force logout of everyone ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSessions {
    /// The exact number.
    Counted(u64),
    /// About as many as the hourly count of this time.
    About(i64, Moment),
    /// More than this number.
    MoreThan(i64),
    /// There are many sessions, and the force logout spares many of them: those made after its date.
    Uncounted,
}
