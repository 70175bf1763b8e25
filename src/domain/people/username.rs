//! Usernames: letters and digits of any script.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use super::{
    login_key::login_key,
    skeletons::skeletons,
    text::{comparison_key, is_forbidden, is_invisible},
};

/// The maximum length of a username, in characters.
pub const USERNAME_CHARACTERS: usize = 64;

/// The maximum number of combining marks on one letter (Unicode Technical Standard 39, section 5.4).
const MAX_MARKS: i32 = 4;

/// Longer text is refused before it is normalized. 64 letters need far less, even if their marks are typed apart.
const MAX_TYPED_BYTES: usize = 4_096;

/// A username in NFKC, for display: 1 to 64 letters and digits of any script or `@.+-_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

/// Why a username is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsernameError {
    /// Empty.
    Empty,
    /// More than 64 characters.
    TooLong,
    /// A character outside letters, digits and `@.+-_`.
    Characters,
    /// A combining mark without a letter, or too many on one letter.
    Marks,
}

impl Username {
    /// Parses a username. Leading and trailing spaces are removed.
    ///
    /// # Errors
    /// Returns an error if the username is empty, too long, or contains other characters than letters, digits and
    /// `@.+-_`.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let typed = text.trim_matches(' ');
        if typed.len() > MAX_TYPED_BYTES {
            return Err(UsernameError::TooLong);
        }
        let name: String = typed.nfkc().collect();
        match name.chars().count() {
            0 => Err(UsernameError::Empty),
            n if n > USERNAME_CHARACTERS => Err(UsernameError::TooLong),
            _ if !name.chars().all(is_allowed) => Err(UsernameError::Characters),
            _ if !has_marks_on_letters(&name) => Err(UsernameError::Marks),
            _ => Ok(Self(name)),
        }
    }

    /// The username for display.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key for sorting and searching.
    #[must_use]
    pub fn key(&self) -> String {
        comparison_key(&self.0)
    }

    /// The key by which it is unique and by which a login finds its account.
    #[must_use]
    pub fn login_key(&self) -> String {
        login_key(&self.0)
    }

    /// What it looks like. A username that shares one of them looks the same.
    #[must_use]
    pub fn skeletons(&self) -> BTreeSet<String> {
        skeletons(&self.0)
    }
}

fn is_allowed(c: char) -> bool {
    (c.is_alphanumeric() || is_mark(c) || matches!(c, '@' | '.' | '+' | '-' | '_'))
        && !is_forbidden(c)
        && !is_invisible(c)
}

/// Combining marks are part of the letters of many scripts (Devanagari, Thai, Hebrew).
fn is_mark(c: char) -> bool {
    !c.is_ascii() && unicode_normalization::char::is_combining_mark(c)
}

fn has_marks_on_letters(name: &str) -> bool {
    let mut marks_left = 0;
    name.chars().all(|c| {
        if is_mark(c) {
            marks_left -= 1;
            marks_left >= 0
        } else {
            marks_left = if c.is_alphanumeric() { MAX_MARKS } else { 0 };
            true
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_script_are_accepted() {
        for name in ["ana", "Ana.Lima+2@work_x-y", "Ζωή", "आरती", "李雷", "ราชา", "7"] {
            assert!(Username::parse(name).is_ok(), "{name}");
        }
        assert_eq!(Username::parse("ﬁn").map(|name| name.as_str().to_owned()), Ok("fin".to_owned()));
    }

    #[test]
    fn each_invalid_name_is_refused_with_its_error() {
        assert_eq!(Username::parse("  "), Err(UsernameError::Empty));
        assert_eq!(Username::parse(&"a".repeat(65)), Err(UsernameError::TooLong));
        assert!(Username::parse(&"é".repeat(64)).is_ok());
        for name in [
            "a b",
            "a\0",
            "a\n",
            "<b>",
            "a/b",
            "a\u{202e}b",
            "a\u{200b}",
            "a\tb",
            "👻",
            "\u{3164}",
            "ana\u{fe0f}",
            "a\u{34f}a",
        ] {
            assert_eq!(Username::parse(name), Err(UsernameError::Characters), "{name:?}");
        }
        for name in ["\u{301}", "\u{301}ana", "-\u{301}a", "q\u{301}\u{302}\u{301}\u{302}\u{301}"] {
            assert_eq!(Username::parse(name), Err(UsernameError::Marks), "{name:?}");
        }
        assert!(Username::parse("q\u{301}\u{302}\u{301}\u{302}").is_ok());
    }
}
