//! What a person types to be found: a username or an email.

use super::{
    email::EMAIL_CHARACTERS,
    login_key::{login_key, login_keys},
};

/// A username or an email as typed at a login, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginName {
    typed: String,
    key: String,
    keys: Vec<String>,
}

/// Why a typed name cannot be anyone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginNameError {
    /// Nothing was typed.
    #[error("Give your username or email.")]
    Empty,
    /// Longer than any username or email.
    #[error("A username or email has at most 254 characters.")]
    TooLong,
    /// Characters that no username or email has.
    #[error("A username or email has no control characters in it.")]
    Characters,
}

impl LoginName {
    /// Reads what was typed; white space around it is dropped.
    ///
    /// # Errors
    /// When it can be nobody's name.
    pub fn parse(text: &str) -> Result<Self, LoginNameError> {
        let typed = text.trim_matches(' ');
        match typed.chars().count() {
            0 => Err(LoginNameError::Empty),
            n if n > EMAIL_CHARACTERS => Err(LoginNameError::TooLong),
            _ if typed.chars().any(super::text::is_forbidden) => Err(LoginNameError::Characters),
            _ => Ok(Self { typed: typed.to_owned(), key: login_key(typed), keys: login_keys(typed) }),
        }
    }

    /// The name as it was typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The one form of it, however it is spelt.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The forms in which it is looked up, best first.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }
}
