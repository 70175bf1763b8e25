//! What is wrong with an id, or with a token's label or lifetime.

use crate::domain::logins::{
    public_id::PublicIdError,
    token::{TokenLabelError, TokenLifetimeError},
};

in_words! {
    PublicIdError {
        Self => "Give an id as the list shows it: 16 letters and digits.",
    }
}

in_words! {
    TokenLabelError {
        Self::Empty => "Say what the token is for.",
        Self::TooLong => "A label has at most 100 characters.",
        Self::Characters => "A label must not contain control characters.",
    }
}

in_words! {
    TokenLifetimeError {
        Self => "Write the lifetime like 72h or 30 days: from one second to 366 days.",
    }
}
