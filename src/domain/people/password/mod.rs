//! Passwords: what a user types, and which new passwords are accepted.
//!
//! The rules are those of NIST SP 800-63B-4, section 3.1.1.2: a minimum length, no composition rules, no common
//! passwords, and no passwords made of the account's or the site's own names.

mod common;
mod guessing;
mod own_names;

use std::{fmt, ops::RangeInclusive};

use unicode_normalization::UnicodeNormalization as _;

use self::{common::is_common, guessing::find_weakness, own_names::OwnWords};

pub use guessing::Weakness;
pub use own_names::OwnNames;

/// The minimum and maximum length that a site can have, in characters.
pub const PASSWORD_CHARACTERS: RangeInclusive<usize> = 8..=128;
/// The values that a site can choose for its minimum length, in characters.
pub const MIN_LENGTHS: RangeInclusive<usize> = 8..=64;

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
    /// Fewer characters than the site's minimum.
    TooShort {
        /// The site's minimum.
        min_length: usize,
    },
    /// More than 128 characters.
    TooLong,
    /// Contains NUL, at which some password hashes stop reading.
    Nul,
    /// One of the 100,000 most common passwords.
    Common,
    /// Easy to guess.
    Easy(Weakness),
    /// Made of the username, the email or the site's name.
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
pub struct NewPassword {
    password: Password,
    own_words: OwnWords,
}

impl NewPassword {
    /// Parses a new password. Costs microseconds, so that it may run before an attempt is counted.
    ///
    /// # Errors
    /// Returns an error if the password has fewer than `min_length` characters, is too long, is one of the most common
    /// passwords, or is made of own names, digits and signs.
    pub fn parse(text: String, names: OwnNames<'_>, min_length: usize) -> Result<Self, PasswordError> {
        let password = Password::parse(text)?;
        let own_words = OwnWords::of(names);
        let text = password.reveal();
        if text.chars().count() < min_length {
            Err(PasswordError::TooShort { min_length })
        } else if own_words.make_up(text) {
            Err(PasswordError::OwnName)
        } else if is_common(text) {
            Err(PasswordError::Common)
        } else {
            Ok(Self { password, own_words })
        }
    }

    /// Refuses a password that is easy to guess.
    ///
    /// A constructed password takes about as long as a hash. So call it only with a permit to hash, off the async
    /// threads, and after the attempt was counted.
    ///
    /// # Errors
    /// Returns an error that says what makes the password easy to guess.
    pub fn must_be_hard_to_guess(&self) -> Result<(), PasswordError> {
        match find_weakness(self.password.reveal(), &self.own_words.as_strs()) {
            Some(weakness) => Err(PasswordError::Easy(weakness)),
            None => Ok(()),
        }
    }

    /// The password.
    #[must_use]
    pub const fn as_password(&self) -> &Password {
        &self.password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: OwnNames<'_> =
        OwnNames { username: "ana.lima9", email: "lima.post@example.org", site_name: "Riverside" };

    fn refused(text: &str) -> Option<PasswordError> {
        let parsed = NewPassword::parse(text.to_owned(), NAMES, 8);
        parsed.and_then(|new| new.must_be_hard_to_guess()).err()
    }

    /// A text of this many different characters of two bytes each.
    fn varied(length: u32) -> String {
        (0..length).filter_map(|number| char::from_u32(0x430 + number)).collect()
    }

    #[test]
    fn a_good_password_needs_no_special_characters() {
        let long = varied(128);
        for text in ["correct horse battery", "tangerine-lamp", "ωραίο πρωινό", "        tall grass", &long]
        {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        assert_eq!(refused(""), Some(PasswordError::Empty));
        assert_eq!(refused("zq8!kPx"), Some(PasswordError::TooShort { min_length: 8 }));
        assert_eq!(refused("zq8!kPxé"), None);
        assert_eq!(refused(&varied(128)), None);
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
        let long: String = varied(64).chars().flat_map(|c| [c, 'e', '\u{301}']).collect();
        assert_eq!(refused(&long), None, "128 characters after normalization");
    }

    #[test]
    fn the_own_email_is_refused_in_either_spelling_of_its_domain() {
        let spellings = ["zoe.long@bücher.example", "zoe.long@xn--bcher-kva.example"];
        for (email, text) in spellings.into_iter().flat_map(|email| spellings.map(|text| (email, text))) {
            let refused = NewPassword::parse(text.to_owned(), OwnNames { email, ..NAMES }, 8).err();
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
    fn words_with_a_year_and_a_sign_repeats_and_rows_of_keys_are_refused() {
        for (text, weakness) in [
            ("Summer2026!", Weakness::Word),
            ("P@ssw0rd2026", Weakness::Word),
            ("zyzyzyzyzyzyzyzyzyzyzy7", Weakness::Repeats),
            ("tyuiop[]7", Weakness::Keyboard),
        ] {
            assert_eq!(refused(text), Some(PasswordError::Easy(weakness)), "{text}");
        }
        assert_eq!(refused("zq8!kPxa"), None, "eight random characters");
    }

    #[test]
    fn own_words_are_guessed_first() {
        let names = OwnNames { username: "zqxwvk", ..NAMES };
        let scored = |names| NewPassword::parse("zqxwvktall".to_owned(), names, 8)?.must_be_hard_to_guess();
        assert_eq!(scored(NAMES), Ok(()));
        assert!(matches!(scored(names), Err(PasswordError::Easy(_))));
    }

    #[test]
    fn a_site_can_ask_for_more_characters() {
        let parse = |text: &str| NewPassword::parse(text.to_owned(), NAMES, 15).err();
        assert_eq!(parse("tangerine-lamp"), Some(PasswordError::TooShort { min_length: 15 }));
        assert_eq!(parse("tangerine-lamps"), None);
    }

    #[test]
    fn own_names_with_digits_are_refused() {
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
        let shown = format!("{:?}", NewPassword::parse("tangerine-lamp".to_owned(), NAMES, 8));
        assert!(!shown.contains("tangerine"), "{shown}");
    }
}
