//! Counts of ended logins.

use std::fmt;

use chrono::SecondsFormat;

use crate::domain::logins::counts::{EndedSessions, EveryonesEndedLogins, FEW_TOKENS, LoginCounts, MOST_COUNTED};

/// Formats as `1 session ended`, `2 sessions and 1 token ended` or `more than 10000 logins ended`.
impl fmt::Display for LoginCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        match (self.sessions, self.tokens) {
            _ if self.is_more() => write!(f, "more than {MOST_COUNTED} logins ended"),
            (sessions, 0) => write!(f, "{} ended", counted(sessions, "session")),
            (0, tokens) => write!(f, "{} ended", counted(tokens, "token")),
            (sessions, tokens) => write!(f, "{} and {} ended", counted(sessions, "session"), counted(tokens, "token")),
        }
    }
}

/// Formats as `2 sessions and 1 token ended`, or as an estimate if there are too many to count.
impl fmt::Display for EveryonesEndedLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (many_tokens, tokens) = (self.tokens > FEW_TOKENS, self.tokens.unsigned_abs());
        match self.sessions {
            EndedSessions::Counted(sessions) if !many_tokens => {
                return write!(f, "{}", LoginCounts { sessions, tokens });
            }
            EndedSessions::Counted(sessions) => write!(f, "{}", LoginCounts { sessions, tokens: 0 })?,
            EndedSessions::About(live, hour) => {
                let hour = hour.to_rfc3339_opts(SecondsFormat::Secs, true);
                write!(f, "about {live} sessions ended, as counted at {hour}")?;
            }
            EndedSessions::MoreThan(few) => write!(f, "more than {few} sessions ended")?,
            EndedSessions::Uncounted => write!(f, "too many sessions ended to count")?,
        }
        match tokens {
            0 => Ok(()),
            _ if many_tokens => write!(f, "; more than {FEW_TOKENS} tokens ended"),
            _ => write!(f, "; {}", LoginCounts { sessions: 0, tokens }),
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
            (9_000, 1_000, "9000 sessions and 1000 tokens ended"),
            (9_000, 1_001, "more than 10000 logins ended"),
        ] {
            assert_eq!(LoginCounts { sessions, tokens }.to_string(), words);
        }
    }
}
