//! Passwords: what a user types, and which new passwords are accepted.
//!
//! The rules are those of NIST SP 800-63B-3, section 5.1.1.2: a minimum length, no composition rules, no common
//! passwords, and no passwords derived from the account's own names.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use super::login_key::login_key;

/// The minimum and maximum length, in characters.
pub const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 8..=128;

/// The minimum score. zxcvbn gives a lower score to passwords that fall within a million guesses ("very guessable").
/// That includes its whole list of the 30,000 most frequent passwords: it estimates at most a password's rank, times
/// the number of ways to write it.
const MIN_SCORE: zxcvbn::Score = zxcvbn::Score::Two;

/// Longer passwords are not scored: no list of common passwords has them, and zxcvbn's time grows with the square of
/// the length.
const MAX_SCORED_CHARACTERS: usize = 40;

/// Longer text is refused before it is normalized. 128 characters need far less, even if their accents are typed apart.
const MAX_TYPED_BYTES: usize = 4_096;

/// A password as typed. Its text must appear nowhere, neither in `Debug` output nor on a page.
///
/// Some systems send an accented letter as one character and others as two, so passwords are compared and counted in
/// Unicode's normalization form C (RFC 8265, section 4.2.2).
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    typed: String,
    normalized: String,
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// Empty.
    Empty,
    /// Fewer than 8 characters.
    TooShort,
    /// More than 128 characters.
    TooLong,
    /// Contains NUL, at which some password hashes stop reading.
    Nul,
    /// A common password.
    Common,
    /// The username, the email or the site's name.
    OwnName,
}

impl Password {
    /// Parses a typed password.
    ///
    /// # Errors
    /// Returns an error if no account can have this password: it is empty, too long or contains NUL.
    pub fn parse(text: String) -> Result<Self, PasswordError> {
        if text.len() > MAX_TYPED_BYTES {
            return Err(PasswordError::TooLong);
        }
        let normalized: String = text.nfc().collect();
        match normalized.chars().count() {
            0 => Err(PasswordError::Empty),
            n if n > *PASSWORD_CHARACTERS.end() => Err(PasswordError::TooLong),
            _ if text.contains('\0') => Err(PasswordError::Nul),
            _ => Ok(Self { typed: text, normalized }),
        }
    }

    /// The normalized text, for hashing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.normalized
    }

    /// The other forms to verify a hash with, if it dates from before normalization or from another site. Empty for
    /// most passwords.
    #[must_use]
    pub fn reveal_older_forms(&self) -> Vec<String> {
        let decomposed: String = self.typed.nfd().collect();
        let mut forms = vec![self.typed.clone(), decomposed];
        forms.dedup();
        forms.retain(|form| *form != self.normalized);
        forms
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// A new password. Whether it is easy to guess is checked where it is hashed.
#[derive(Debug, Clone)]
pub struct NewPassword(Password);

/// The names that a new password must not be derived from.
#[derive(Debug, Clone, Copy)]
pub struct OwnNames<'a> {
    /// The account's username.
    pub username: &'a str,
    /// The account's email.
    pub email: &'a str,
    /// The site's name.
    pub site_name: &'a str,
}

impl NewPassword {
    /// Parses a new password. Costs microseconds, so that it may run before an attempt is counted.
    ///
    /// # Errors
    /// Returns an error if the password is too short, too long, or one of the account's own names with up to two digits
    /// at each end.
    pub fn parse(text: String, names: OwnNames<'_>) -> Result<Self, PasswordError> {
        let password = Password::parse(text)?;
        let text = password.reveal();
        if text.chars().count() < *PASSWORD_CHARACTERS.start() {
            Err(PasswordError::TooShort)
        } else if is_own_name(text, names) {
            Err(PasswordError::OwnName)
        } else {
            Ok(Self(password))
        }
    }

    /// Refuses a password that is easy to guess.
    ///
    /// A constructed password takes about as long as a hash. So call it only with a permit to hash, off the async
    /// threads, and after the attempt was counted.
    ///
    /// # Errors
    /// Returns an error if the password is common.
    pub fn must_be_hard_to_guess(&self) -> Result<(), PasswordError> {
        if is_common(self.0.reveal()) { Err(PasswordError::Common) } else { Ok(()) }
    }

    /// The password.
    #[must_use]
    pub const fn as_password(&self) -> &Password {
        &self.0
    }
}

fn is_own_name(text: &str, names: OwnNames<'_>) -> bool {
    let bare = login_key(without_outer_digits(text));
    let whole = login_key(text);
    let mailbox = names.email.split('@').next().unwrap_or_default();
    [names.username, names.email, mailbox, names.site_name].into_iter().filter(|name| !name.is_empty()).any(|name| {
        let name_whole = login_key(name);
        let name_bare = login_key(without_outer_digits(name));
        [&name_whole, &name_bare].into_iter().any(|name| !name.is_empty() && (*name == bare || *name == whole))
    })
}

/// The text without up to two digits at each end.
fn without_outer_digits(text: &str) -> &str {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut bare = text;
    for _ in 0..2 {
        bare = bare.strip_suffix(is_digit).unwrap_or(bare);
        bare = bare.strip_prefix(is_digit).unwrap_or(bare);
    }
    bare
}

fn is_common(text: &str) -> bool {
    text.chars().count() <= MAX_SCORED_CHARACTERS && zxcvbn::zxcvbn(text, &[]).score() < MIN_SCORE
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: OwnNames<'_> =
        OwnNames { username: "ana.lima9", email: "lima.post@example.org", site_name: "Riverside" };

    fn refused(text: &str) -> Option<PasswordError> {
        let parsed = NewPassword::parse(text.to_owned(), NAMES);
        parsed.and_then(|new| new.must_be_hard_to_guess()).err()
    }

    #[test]
    fn a_good_password_needs_no_special_characters() {
        for text in ["correct horse battery", "tangerine-lamp", "ωραίο πρωινό", "        tall grass", &"ab".repeat(64)]
        {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        assert_eq!(refused(""), Some(PasswordError::Empty));
        assert_eq!(refused("zq8!kPx"), Some(PasswordError::TooShort));
        assert_eq!(refused("zq8!kPxé"), None);
        assert_eq!(refused(&"ñ4".repeat(64)), None);
        assert_eq!(refused(&"x".repeat(129)), Some(PasswordError::TooLong));
        assert_eq!(refused("tangerine\0lamp"), Some(PasswordError::Nul));
        assert_eq!(refused(&"\u{301}".repeat(16_000)), Some(PasswordError::TooLong));
    }

    #[test]
    fn a_password_has_one_normal_form_however_its_accents_are_typed() {
        let (composed, decomposed) = ("gl\u{e9}-hus-7", "gle\u{301}-hus-7");
        for typed in [composed, decomposed] {
            let password = Password::parse(typed.to_owned()).unwrap();
            assert_eq!((password.reveal(), password.reveal_older_forms()), (composed, vec![decomposed.to_owned()]));
        }
        assert!(Password::parse("tangerine-lamp".to_owned()).unwrap().reveal_older_forms().is_empty());
        assert_eq!(refused(&"e\u{301}\u{17f}".repeat(64)), None, "128 characters after normalization");
    }

    #[test]
    fn the_own_email_is_refused_in_either_spelling_of_its_domain() {
        let spellings = ["zoe.long@bücher.example", "zoe.long@xn--bcher-kva.example"];
        for (email, text) in spellings.into_iter().flat_map(|email| spellings.map(|text| (email, text))) {
            let refused = NewPassword::parse(text.to_owned(), OwnNames { email, ..NAMES }).err();
            assert_eq!(refused, Some(PasswordError::OwnName), "{email}: {text}");
        }
    }

    #[test]
    fn common_passwords_are_refused() {
        for text in [
            "password",
            "Password1",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "trustno1",
            "baseball",
            "11111111",
            "sunshine1",
        ] {
            assert_eq!(refused(text), Some(PasswordError::Common), "{text}");
        }
    }

    #[test]
    fn own_names_with_up_to_two_digits_at_each_end_are_refused() {
        for text in [
            "ana.lima9",
            "ANA.LIMA",
            "ana.lima42",
            "7ana.lima9",
            "lima.post@example.org",
            "Lima.Post1",
            "riverside",
            "Riverside24",
        ] {
            assert_eq!(refused(text), Some(PasswordError::OwnName), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_password() {
        let shown = format!("{:?}", NewPassword::parse("tangerine-lamp".to_owned(), NAMES));
        assert!(!shown.contains("tangerine"), "{shown}");
    }
}
