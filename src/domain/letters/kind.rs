//! The kinds of letters. Their codes are stored and are the header `X-Curfew-Letter`, so a code must never change.

use super::link::LinkPurpose;

/// A kind of letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// Asks whether the address belongs to the user, after a registration or with a new address.
    VerifyEmail,
    /// Lets the user choose a new password.
    ResetPassword,
    /// Tells the old address that the account has a new one.
    EmailChanged,
    /// Tells the user that the password was changed.
    PasswordChanged,
    /// Tells the user of a login with a browser or program that the account had not used before.
    NewLogin,
    /// Tells the user that staff ended all logins, with the reason for the user.
    ForcedOut,
    /// Tells the user that staff deactivated the account, with the reason for the user.
    Deactivated,
}

impl LetterKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::EmailChanged,
        Self::PasswordChanged,
        Self::NewLogin,
        Self::ForcedOut,
        Self::Deactivated,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::EmailChanged => "email-changed",
            Self::PasswordChanged => "password-changed",
            Self::NewLogin => "new-login",
            Self::ForcedOut => "forced-out",
            Self::Deactivated => "deactivated",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What the link in the letter is for.
    #[must_use]
    pub const fn link(self) -> LinkPurpose {
        match self {
            Self::VerifyEmail => LinkPurpose::Verify,
            Self::ResetPassword => LinkPurpose::Reset,
            Self::EmailChanged | Self::PasswordChanged | Self::NewLogin | Self::ForcedOut | Self::Deactivated => {
                LinkPurpose::NotMe
            }
        }
    }

    /// The most letters of the kind that one address gets per hour.
    #[must_use]
    pub const fn most_per_hour(self) -> usize {
        match self {
            Self::NewLogin => 1,
            _ => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_back_to_its_kind() {
        for kind in LetterKind::ALL {
            assert_eq!(LetterKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(LetterKind::from_code("Verify-Email"), None);
    }
}
