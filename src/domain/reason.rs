//! Why a login ended: one closed list of codes for the database, the pages and the API. `src/words/reasons.rs` has the
//! words.

use std::fmt;

/// Why a session or a token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Staff ended the account's logins.
    ForcedOut,
    /// A superuser ended everyone's logins.
    EveryoneOut,
    /// The account was deactivated.
    Deactivated,
    /// The account's password was changed.
    PasswordChanged,
    /// A newer login replaced it.
    LoggedInElsewhere,
    /// The user ended it from another session.
    EndedByUser,
    /// The user logged out.
    LoggedOut,
    /// It reached its idle timeout.
    Idle,
    /// It reached its lifetime, or its row was purged.
    Expired,
    /// The account's role was changed.
    RoleChanged,
    /// The account was deleted.
    Deleted,
    /// The owner took the account back with the link in a letter: "This wasn't me".
    NotMe,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::ForcedOut,
        Self::EveryoneOut,
        Self::Deactivated,
        Self::PasswordChanged,
        Self::LoggedInElsewhere,
        Self::EndedByUser,
        Self::LoggedOut,
        Self::Idle,
        Self::Expired,
        Self::RoleChanged,
        Self::Deleted,
        Self::NotMe,
    ];

    /// The stable code that programs rely on.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ForcedOut => "forced-out",
            Self::EveryoneOut => "everyone-out",
            Self::Deactivated => "deactivated",
            Self::PasswordChanged => "password-changed",
            Self::LoggedInElsewhere => "logged-in-elsewhere",
            Self::EndedByUser => "ended-by-user",
            Self::LoggedOut => "logged-out",
            Self::Idle => "idle",
            Self::Expired => "expired",
            Self::RoleChanged => "role-changed",
            Self::Deleted => "deleted",
            Self::NotMe => "not-me",
        }
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_back_to_its_reason() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(EndReason::from_code("Forced-Out"), None);
    }
}
