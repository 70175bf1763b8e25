//! What is wrong with a username, an email, a role or a list of names.

use crate::domain::{
    lists::{pasted_names::PasteError, text_file::NotText},
    people::{email::EmailError, login_name::LoginNameError, role::UnknownRole, username::UsernameError},
};

in_words! {
    UsernameError {
        Self::Empty => "Choose a username.",
        Self::TooLong => "A username has at most 64 characters.",
        Self::Characters => "A username may contain only letters, digits and @ . + - _.",
        Self::Marks => "Each accent in a username must be on a letter or digit, with at most four accents on each.",
    }
}

in_words! {
    EmailError {
        Self::Empty => "Enter an email address.",
        Self::TooLong => "An email address has at most 254 characters.",
        Self::Grammar => "This is not an email address. Write one like name@example.org.",
        Self::Quoted => "An email address must not contain quotation marks.",
    }
}

in_words! {
    LoginNameError {
        Self::Empty => "Enter your username or email.",
        Self::TooLong => "A username or email has at most 254 characters.",
        Self::Characters => "A username or email must not contain control characters.",
    }
}

in_words! {
    UnknownRole {
        Self(code) => "{code:?} is not a role: use member, staff or superuser",
    }
}

in_words! {
    PasteError {
        Self::Empty => "Paste at least one username, email or id, or choose a file.",
        Self::TooMany(names) => "This list has {names} names. Split it: at most 10,000 can be looked up at once.",
    }
}

in_words! {
    NotText {
        Self => "This file is not text. Save it as text or CSV in UTF-8, and choose it again.",
    }
}
