//! Why a password is refused.

use crate::domain::people::password::{PasswordError, Weakness};

in_words! {
    PasswordError {
        Self::Empty => "Enter a password.",
        Self::TooShort { min_length } => "A password has at least {min_length} characters.",
        Self::TooLong => "A password has at most 128 characters.",
        Self::Nul => "A password must not contain a NUL character.",
        Self::Common => "This password is too easy to guess: it is one of the 100,000 most common ones.",
        Self::Easy(weakness) => "This password is too easy to guess: {weakness}. Add a few unrelated words.",
        Self::OwnName => "Choose a password that is not your username, your email or the name of this site, even repeated or with a few digits.",
    }
}

impl std::fmt::Display for Weakness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Word => "it is a common word or name with small changes",
            Self::Repeats => "it repeats the same characters",
            Self::Sequence => "its characters follow each other, as in abc or 6543",
            Self::Keyboard => "its keys are next to each other",
            Self::Date => "it is mostly a date or a year",
            Self::Short => "it is short and made of common parts",
        })
    }
}
