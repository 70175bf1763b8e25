//! Why a login ended: one closed list of codes for the database, the pages and the API.

use std::{fmt, str::FromStr};

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
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 11] = [
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
        }
    }

    /// A short label for lists of sessions.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ForcedOut => "Forced out",
            Self::EveryoneOut => "Everyone was forced out",
            Self::Deactivated => "Account deactivated",
            Self::PasswordChanged => "Password changed",
            Self::LoggedInElsewhere => "Logged in elsewhere",
            Self::EndedByUser => "Ended by the user",
            Self::LoggedOut => "Logged out",
            Self::Idle => "Unused for too long",
            Self::Expired => "Expired",
            Self::RoleChanged => "Role changed",
            Self::Deleted => "Account deleted",
        }
    }

    /// A sentence for the user whose login ended.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ForcedOut => "The staff of this site ended your login. You can log in again.",
            Self::EveryoneOut => "The staff of this site ended everyone's login. You can log in again.",
            Self::Deactivated => "Your account was deactivated, which ended your login.",
            Self::PasswordChanged => {
                "The password of your account was changed, which ended this login. Log in with the new password."
            }
            Self::LoggedInElsewhere => "You logged in on another device, which ended the login on this one.",
            Self::EndedByUser => "You ended this login from another of your devices.",
            Self::LoggedOut => "You have logged out.",
            Self::Idle => "You were inactive for too long. Please log in again.",
            Self::Expired => "Your login has expired. Please log in again.",
            Self::RoleChanged => "The role of your account was changed, which ended your login. Please log in again.",
            Self::Deleted => "This account was deleted.",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The code is not an [`EndReason`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a reason why a login ended")]
pub struct UnknownReason(String);

impl FromStr for EndReason {
    type Err = UnknownReason;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|reason| reason.code() == code).ok_or_else(|| UnknownReason(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_back_to_its_reason() {
        for reason in EndReason::ALL {
            assert_eq!(reason.code().parse(), Ok(reason));
        }
        assert!("Forced-Out".parse::<EndReason>().is_err());
    }
}
