//! How many logins an act has ended.

use std::fmt;

/// How many logins an act has ended: of browsers, and of programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedLogins {
    /// Sessions of browsers.
    pub sessions: u64,
    /// Opaque tokens and families of JWT.
    pub tokens: u64,
}

impl EndedLogins {
    /// Whether there were any.
    #[must_use]
    pub const fn is_any(self) -> bool {
        self.sessions > 0 || self.tokens > 0
    }
}

impl From<u64> for EndedLogins {
    fn from(sessions: u64) -> Self {
        Self { sessions, tokens: 0 }
    }
}

/// In words: `1 session ended`, `2 sessions and 1 token ended`.
impl fmt::Display for EndedLogins {
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
            assert_eq!(EndedLogins { sessions, tokens }.to_string(), words);
        }
    }
}
