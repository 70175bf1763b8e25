//! Labels for letters on their way, and the words of the letter that tests the way.

use crate::{
    domain::letters::{
        kind::LetterKind,
        sending::{LetterFault, LetterState},
    },
    words::letters::{LetterWords, Piece},
};

impl LetterKind {
    /// The kind in a list.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::VerifyEmail => "Verify an email",
            Self::ResetPassword => "Reset a password",
            Self::EmailChanged => "Email changed",
            Self::PasswordChanged => "Password changed",
            Self::NewLogin => "New login",
            Self::ForcedOut => "Forced out",
            Self::Deactivated => "Deactivated",
        }
    }
}

impl LetterState {
    /// The state in a list.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "not sent",
        }
    }
}

impl LetterFault {
    /// Why the letter waits or was given up.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Limit => "The address has had as many letters of this kind in an hour as it may.",
            Self::UnknownOutcome => {
                "Twice the connection broke off before the mail server answered. The letter may have arrived."
            }
            Self::Unreadable => "The site cannot read this letter.",
        }
    }
}

impl LetterWords {
    /// The letter of `curfew mail test`.
    pub(crate) fn of_test(site_name: &str) -> Self {
        Self {
            subject: format!("Test letter from {site_name}"),
            pieces: vec![Piece::Text(format!("Letters from {site_name} reach this address."))],
        }
    }
}
