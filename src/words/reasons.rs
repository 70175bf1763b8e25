//! Why a login ended, and what is wrong with a reason that staff typed.

use crate::domain::{
    reason::EndReason,
    reason_template::{NoReason, ReasonTitleError},
    reason_text::{ReasonText, ReasonTextError},
};

impl EndReason {
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
            Self::NotMe => "\u{201c}This wasn\u{2019}t me\u{201d}",
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
            Self::NotMe => {
                "The owner of this account ended all its logins with a link in a letter. Choose a new password with the \
                 letter that followed."
            }
        }
    }
}

impl ReasonText {
    /// The reason that the user and staff see when a JWT family ends because a spent refresh token was used again.
    pub(crate) fn of_spent_refresh_token() -> Self {
        Self::from_stored(Some(
            "A refresh token was used a second time. Log in again. If that was not your own program, change the \
             password.",
        ))
    }
}

in_words! {
    ReasonTitleError {
        Self::Empty => "Enter a title.",
        Self::TooLong => "A title has at most 60 characters.",
        Self::Characters => "A title must not contain control characters.",
    }
}

in_words! {
    NoReason {
        Self => "Write at least one of the two reasons.",
    }
}

in_words! {
    ReasonTextError {
        Self::TooLong => "A reason has at most 500 characters.",
        Self::Characters => "A reason must not contain control characters.",
    }
}
