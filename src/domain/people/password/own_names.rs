//! The names of an account and its site. An attacker tries them first, so no password may consist of them.

use std::{cmp::Reverse, collections::BTreeSet};

use unicode_security::skeleton;

use super::PASSWORD_CHARACTERS;
use crate::domain::people::login_key::login_key;

/// Shorter words are part of many good passwords.
const MIN_WORD_CHARACTERS: usize = 3;

/// The names that a new password must not consist of.
#[derive(Debug, Clone, Copy)]
pub struct OwnNames<'a> {
    /// The account's username.
    pub username: &'a str,
    /// The account's email.
    pub email: &'a str,
    /// The site's name.
    pub site_name: &'a str,
}

/// The names and each word in them, the longest first.
#[derive(Debug, Clone)]
pub(super) struct OwnWords(Vec<String>);

impl OwnWords {
    pub(super) fn of(names: OwnNames<'_>) -> Self {
        let mailbox = names.email.split('@').next().unwrap_or_default();
        let names = [names.username, names.email, mailbox, names.site_name].map(login_key);
        let parts = names.iter().flat_map(|name| name.split(|c: char| !c.is_alphabetic()));
        let all: BTreeSet<&str> = names.iter().map(String::as_str).chain(parts).collect();
        let is_long = |word: &&str| word.chars().count() >= MIN_WORD_CHARACTERS;
        let mut words: Vec<String> = all.into_iter().filter(is_long).map(str::to_owned).collect();
        words.sort_by_key(|word| Reverse(word.len()));
        Self(words)
    }

    /// The words, in lower case.
    pub(super) fn as_strs(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// Whether the password is own words or look-alikes of them, once or repeated, with fewer digits and signs than a
    /// password has. Repeating a sign adds nothing.
    pub(super) fn make_up(&self, password: &str) -> bool {
        let whole = look(&login_key(password));
        // A word is replaced by NUL, which no password has, so that what was around it does not form another word.
        let rest = self.0.iter().fold(whole.clone(), |rest, word| rest.replace(&look(word), "\0"));
        let has_letters = rest.chars().any(char::is_alphabetic);
        let digits = rest.chars().filter(|c| c.is_numeric()).count();
        let signs: BTreeSet<char> = rest.chars().filter(|c| !c.is_numeric() && *c != '\0').collect();
        rest != whole && !has_letters && digits + signs.len() < *PASSWORD_CHARACTERS.start()
    }
}

/// What the letters of a text look like (Unicode Technical Standard 39). Digits stay, so that they can be counted.
fn look(text: &str) -> String {
    let mut look = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphabetic() { look.extend(skeleton(c.encode_utf8(&mut [0; 4]))) } else { look.push(c) }
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_own_words_digits_and_signs_is_recognised() {
        let words = OwnWords::of(OwnNames { username: "ana", email: "zoë.lima9@example.org", site_name: "Curfew" });
        for password in ["ana-ana-ana", "curfew-curfew", "Curfew2026!", "ANA.lima.1999", "ZOË.lima9", "9limalima9"] {
            assert!(words.make_up(password), "{password}");
        }
        for password in
            ["Curfew2026!!!!", "!!!!ana!?!?!?!?", "\u{441}urfew-curfew", "\u{441}urfew2026!", "\u{430}n\u{430}-ana.99"]
        {
            assert!(words.make_up(password), "{password}");
        }
        for password in ["banana boat", "curfew bell", "ana 8841 2290 5531", "48151623", "zoning laws", ""] {
            assert!(!words.make_up(password), "{password}");
        }
        let unnamed = OwnWords::of(OwnNames { username: "", email: "", site_name: "" });
        assert!(!unnamed.make_up("48151623"));
    }
}
