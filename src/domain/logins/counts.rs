//! Counts of logins, in words for people.

use std::{fmt, ops::AddAssign};

use super::kind::LoginClass;

/// A number of sessions and a number of tokens.
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

/// Formats as `1 session ended` or `2 sessions and 1 token ended`.
impl fmt::Display for LoginCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        match (self.sessions, self.tokens) {
            (sessions, 0) => write!(f, "{} ended", counted(sessions, "session")),
            (0, tokens) => write!(f, "{} ended", counted(tokens, "token")),
            (sessions, tokens) => write!(f, "{} and {} ended", counted(sessions, "session"), counted(tokens, "token")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_logins_are_counted_in_words() {
        for (sessions, tokens, words) in [
            (0, 0, "0 sessions ended"),
            (1, 0, "1 session ended"),
            (0, 1, "1 token ended"),
            (2, 1, "2 sessions and 1 token ended"),
        ] {
            assert_eq!(LoginCounts { sessions, tokens }.to_string(), words);
        }
    }
}
