//! What is wrong with a username, an email or a role.

use crate::domain::people::{
    email::EmailError, login_name::LoginNameError, role::UnknownRole, username::UsernameError,
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
