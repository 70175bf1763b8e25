//! Email addresses.

use email_address::{EmailAddress, Options};

use super::{
    login_key::{login_key, spellings},
    text::{is_forbidden, is_invisible},
};

/// The maximum length of an address, in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets).
pub const EMAIL_CHARACTERS: usize = 254;

/// An email address as the user writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why an email address is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailError {
    /// Empty.
    Empty,
    /// More than 254 characters.
    TooLong,
    /// Not an address according to RFC 5321 and RFC 6531.
    Grammar,
    /// A quoted local part, such as `"ana"@example.org`.
    Quoted,
}

impl Email {
    /// Parses an address (RFC 5321, internationalized by RFC 6531). Leading and trailing spaces are removed.
    ///
    /// A quoted local part is refused. `ana`, `"ana"` and `"\ana"` are one mailbox (RFC 5321, section 4.1.2) but would
    /// be three addresses here: three accounts, each with its own limit of letters. Some cannot be sent to at all. So is
    /// what looks like an encoded word (RFC 2047): a mail program would decode it, and show another address.
    ///
    /// # Errors
    /// Returns an error if the address is empty, too long, quoted or malformed.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(' ');
        let options = Options::default().without_display_text().without_domain_literal();
        match text.chars().count() {
            0 => Err(EmailError::Empty),
            n if n > EMAIL_CHARACTERS => Err(EmailError::TooLong),
            _ if text.chars().any(|c| is_forbidden(c) || is_invisible(c) || c.is_whitespace()) => {
                Err(EmailError::Grammar)
            }
            _ if text.contains('"') => Err(EmailError::Quoted),
            _ if text.contains("=?") => Err(EmailError::Grammar),
            _ => EmailAddress::parse_with_options(text, options)
                .map(|_| Self(text.to_owned()))
                .map_err(|_| EmailError::Grammar),
        }
    }

    /// The address for display.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key for sorting and searching: the address as displayed, then with the other spelling of its domain.
    #[must_use]
    pub fn search_key(&self) -> String {
        spellings(&self.0).join("\n")
    }

    /// The key by which it is unique and by which a login finds its account.
    #[must_use]
    pub fn login_key(&self) -> String {
        login_key(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_addresses_are_accepted() {
        for text in ["ana@example.org", "a.b+c@sub.example.org", "ana@localhost", "δοκιμή@παράδειγμα.ελ"]
        {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
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
            "=?utf-8?q?ana?=@example.org",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Grammar), "{text:?}");
        }
    }

    #[test]
    fn a_quoted_spelling_of_a_mailbox_is_refused() {
        for text in [r#""ana"@example.org"#, r#""\ana"@example.org"#, r#""a,b"@example.org"#, r#"a."n".a@example.org"#]
        {
            assert_eq!(Email::parse(text), Err(EmailError::Quoted), "{text}");
        }
        // Without quotation marks, nothing else writes a mailbox in two ways: no escapes, no comments.
        for text in [r"\ana@example.org", "ana(a)@example.org", "ana@example.org(a)", "ana@example.org."] {
            assert_eq!(Email::parse(text), Err(EmailError::Grammar), "{text}");
        }
    }
}
