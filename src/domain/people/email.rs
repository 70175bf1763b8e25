//! Email addresses.

use email_address::{EmailAddress, Options};

use super::{
    login_key::{login_key, login_keys},
    text::{is_forbidden, is_unseen},
};

/// The greatest length of an address, in characters (RFC 5321, section 4.5.3.1.3, less the brackets).
pub const EMAIL_CHARACTERS: usize = 254;

/// An email address as its owner writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was typed.
    #[error("Give an email address.")]
    Empty,
    /// More than 254 characters.
    #[error("An email address has at most 254 characters.")]
    TooLong,
    /// No address by RFC 5321 and 6531.
    #[error("This is no email address: write one like name@example.org.")]
    Grammar,
}

impl Email {
    /// Reads an address (RFC 5321, with RFC 6531's other scripts); white space around it is dropped.
    ///
    /// # Errors
    /// When it is empty, too long or no address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(' ');
        let options = Options::default().without_display_text().without_domain_literal();
        match text.chars().count() {
            0 => Err(EmailError::Empty),
            n if n > EMAIL_CHARACTERS => Err(EmailError::TooLong),
            _ if text.chars().any(|c| is_forbidden(c) || is_unseen(c) || c.is_whitespace()) => Err(EmailError::Grammar),
            _ => EmailAddress::parse_with_options(text, options)
                .map(|_| Self(text.to_owned()))
                .map_err(|_| EmailError::Grammar),
        }
    }

    /// The address as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which it is sorted and searched: as it is shown, and in the other spelling of its domain after that.
    #[must_use]
    pub fn search_key(&self) -> String {
        self.login_keys().join("\n")
    }

    /// The form in which it is unique, and by which its owner is found.
    #[must_use]
    pub fn login_key(&self) -> String {
        login_key(&self.0)
    }

    /// That form, and those in which accounts from before may have it.
    #[must_use]
    pub fn login_keys(&self) -> Vec<String> {
        login_keys(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_people_are_accepted() {
        for text in ["ana@example.org", "a.b+c@sub.example.org", "ana@localhost", "δοκιμή@παράδειγμα.ελ"]
        {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(Email::parse(""), Err(EmailError::Empty));
        assert_eq!(Email::parse(&format!("{}@example.org", "a".repeat(250))), Err(EmailError::TooLong));
        for text in [
            "ana",
            "@example.org",
            "ana@",
            "a b@example.org",
            "a\0@example.org",
            "Ana <a@b.org>",
            "a\u{202e}@b.org",
            "a\u{fe0f}@b.org",
            "a@b.org\nBcc: c@d.org",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Grammar), "{text:?}");
        }
    }
}
