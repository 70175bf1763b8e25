//! How many logins, as people count them.

use std::{fmt, ops::AddAssign};

use super::kind::LoginClass;

/// How many logins: of browsers, and of programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoginCounts {
    /// Sessions of browsers.
    pub sessions: u64,
    /// Opaque tokens and families of JWT.
    pub tokens: u64,
}

impl LoginCounts {
    /// So many logins of one class.
    #[must_use]
    pub const fn of(class: LoginClass, count: u64) -> Self {
        match class {
            LoginClass::Sessions => Self { sessions: count, tokens: 0 },
            LoginClass::Tokens => Self { sessions: 0, tokens: count },
        }
    }

    /// Whether there are any.
    #[must_use]
    pub const fn is_any(self) -> bool {
        self.all() > 0
    }

    /// All of them together.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.sessions.saturating_add(self.tokens)
    }
}

impl From<u64> for LoginCounts {
    /// So many sessions.
    fn from(sessions: u64) -> Self {
        Self::of(LoginClass::Sessions, sessions)
    }
}

impl AddAssign for LoginCounts {
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.tokens += other.tokens;
    }
}

/// In words: `1 session ended`, `2 sessions and 1 token ended`.
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
    fn what_ended_is_said_as_people_count() {
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
