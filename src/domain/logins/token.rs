//! Opaque tokens: their secret, label and lifetime.
//!
//! The secret is shown once. The database keeps only its hash.

use std::{fmt, time::Duration};

use data_encoding::BASE32_NOPAD;

use super::session_secret::SecretHash;
use crate::domain::people::text::{is_forbidden, is_invisible};

/// The prefix of every opaque token, by which people and secret scanners recognize one.
pub const TOKEN_PREFIX: &str = "curfew_";
/// The length of a secret: 200 bits, which are 40 characters in base32.
const SECRET_BYTES: usize = 25;
/// The maximum length of a label, in characters.
pub const LABEL_CHARACTERS: usize = 100;

/// An opaque token's secret. Only the program holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// Creates a secret from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(format!("{TOKEN_PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_lowercase()))
    }

    /// Parses the token that a program sent. Returns `None` if no token can have this form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(TOKEN_PREFIX).filter(|encoded| !encoded.contains(char::is_uppercase))?;
        let bytes = BASE32_NOPAD.decode(encoded.to_uppercase().as_bytes()).ok()?;
        (bytes.len() == SECRET_BYTES).then(|| Self(text.to_owned()))
    }

    /// The token as text, to be shown once to the user who created it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash to store. The secret is random, so one round of SHA-256 is enough.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of_text(&self.0)
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret")
    }
}

/// A user's label for a token: 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLabel(String);

/// Why a label is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLabelError {
    /// Empty, or only invisible characters.
    Empty,
    /// More than 100 characters.
    TooLong,
    /// Control or invisible characters.
    Characters,
}

impl TokenLabel {
    /// Parses a label. Leading and trailing white space is removed.
    ///
    /// # Errors
    /// Returns an error if the label is empty, too long, or contains control or bidirectional characters.
    pub fn parse(text: &str) -> Result<Self, TokenLabelError> {
        let label = text.trim();
        match label.chars().count() {
            _ if label.chars().all(is_invisible) => Err(TokenLabelError::Empty),
            n if n > LABEL_CHARACTERS => Err(TokenLabelError::TooLong),
            _ if label.chars().any(is_forbidden) => Err(TokenLabelError::Characters),
            _ => Ok(Self(label.to_owned())),
        }
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The maximum lifetime. A secret in a file should not be trusted for longer.
const MAX_LIFETIME: Duration = Duration::from_hours(366 * 24);

/// The text is not a token lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLifetimeError;

/// Parses a token's lifetime, such as `72h` or `30 days`.
///
/// # Errors
/// Returns an error if the text is not a duration from one second to 366 days.
pub fn parse_token_lifetime(text: &str) -> Result<Duration, TokenLifetimeError> {
    humantime::parse_duration(text.trim())
        .ok()
        .filter(|lifetime| (Duration::from_secs(1)..=MAX_LIFETIME).contains(lifetime))
        .ok_or(TokenLifetimeError)
}

/// Formats a lifetime as users type it, such as `3 days`.
#[must_use]
pub fn token_lifetime_in_words(lifetime: Duration) -> String {
    let text = humantime::format_duration(lifetime).to_string();
    text.chars().fold(String::new(), |mut words, c| {
        if c.is_alphabetic() && words.ends_with(|before: char| before.is_ascii_digit()) {
            words.push(' ');
        }
        words.push(c);
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_only_one_accepted_form() {
        let secret = TokenSecret::from_random([7; SECRET_BYTES]);
        assert_eq!(secret.reveal().len(), TOKEN_PREFIX.len() + 40);
        assert_eq!(TokenSecret::parse(secret.reveal()), Some(secret.clone()));
        for other in [
            secret.reveal().to_uppercase(),
            secret.reveal().replace("curfew_", "curfew_A"),
            secret.reveal().replace("curfew_", ""),
            format!("{} ", secret.reveal()),
            format!("{}a", secret.reveal()),
            String::new(),
        ] {
            assert_eq!(TokenSecret::parse(&other), None, "{other}");
        }
        assert_eq!(format!("{secret:?}"), "TokenSecret");
    }

    #[test]
    fn a_lifetime_is_a_duration_from_one_second_to_366_days() {
        for (text, hours) in [("72h", 72), (" 30 days ", 720), ("366 days", 8_784), ("1h", 1)] {
            assert_eq!(parse_token_lifetime(text), Ok(Duration::from_hours(hours)), "{text}");
        }
        for text in ["", "72", "999ms", "367 days", "-1h", "soon"] {
            assert_eq!(parse_token_lifetime(text), Err(TokenLifetimeError), "{text}");
        }
    }

    #[test]
    fn a_lifetime_in_words_parses_back() {
        for (hours, words) in [(72, "3 days"), (1, "1 h"), (26, "1 day 2 h")] {
            let lifetime = Duration::from_hours(hours);
            assert_eq!(token_lifetime_in_words(lifetime), words);
            assert_eq!(parse_token_lifetime(words), Ok(lifetime));
        }
    }

    #[test]
    fn a_label_is_visible_text() {
        assert_eq!(TokenLabel::parse(" backup on cronos ").as_ref().map(TokenLabel::as_str), Ok("backup on cronos"));
        for blank in ["", "  ", "\u{3164}", "\u{fe0f}\u{fe0f}"] {
            assert_eq!(TokenLabel::parse(blank), Err(TokenLabelError::Empty));
        }
        assert_eq!(TokenLabel::parse(&"é".repeat(101)), Err(TokenLabelError::TooLong));
        assert!(TokenLabel::parse(&"é".repeat(100)).is_ok());
        assert_eq!(TokenLabel::parse("a\u{202e}b"), Err(TokenLabelError::Characters));
    }
}
