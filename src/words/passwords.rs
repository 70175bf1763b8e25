//! Why a password is refused.

use crate::domain::people::password::PasswordError;

in_words! {
    PasswordError {
        Self::Empty => "Enter a password.",
        Self::TooShort => "A password has at least 8 characters.",
        Self::TooLong => "A password has at most 128 characters.",
        Self::Nul => "A password must not contain a NUL character.",
        Self::Common => "This password is too easy to guess. Choose a less common one.",
        Self::OwnName => "Choose a password that is not your username, your email or the name of this site.",
    }
}
