//! The name that a user types at login: a username or an email.

use super::{
    email::EMAIL_CHARACTERS,
    login_key::login_key,
    text::{is_forbidden, without_joiners},
};

/// A username or an email as typed. It is compared case-insensitively.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginName {
    typed: String,
    key: String,
}

/// Why no account can have the typed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginNameError {
    /// Empty.
    Empty,
    /// Longer than any username or email.
    TooLong,
    /// Characters that no username or email has.
    Characters,
}

impl LoginName {
    /// Parses a typed name. Leading and trailing spaces are removed, and what a letter has put into the name.
    ///
    /// # Errors
    /// Returns an error if no account can have this name.
    pub fn parse(text: &str) -> Result<Self, LoginNameError> {
        let text = without_joiners(text);
        let typed = text.trim_matches(' ');
        match typed.chars().count() {
            0 => Err(LoginNameError::Empty),
            n if n > EMAIL_CHARACTERS => Err(LoginNameError::TooLong),
            _ if typed.chars().any(is_forbidden) => Err(LoginNameError::Characters),
            _ => Ok(Self { typed: typed.to_owned(), key: login_key(typed) }),
        }
    }

    /// The name as typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The key of the name, the same for every spelling.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_copied_from_a_letter_is_the_name() {
        for (copied, name) in
            [("ana\u{2060}.ferry", "ana.ferry"), (" ana@\u{2060}example.\u{2060}org ", "ana@example.org")]
        {
            assert_eq!(LoginName::parse(copied), LoginName::parse(name), "{name}");
            assert!(LoginName::parse(name).is_ok(), "{name}");
        }
        assert_eq!(LoginName::parse("\u{2060}"), Err(LoginNameError::Empty));
        assert_eq!(LoginName::parse("ana\u{200b}"), Err(LoginNameError::Characters));
    }
}
