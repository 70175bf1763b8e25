//! How hard a password is to guess, as zxcvbn estimates it.

use std::collections::BTreeSet;

use zxcvbn::{
    feedback::{Feedback, Warning},
    zxcvbn,
};

/// The minimum number of guesses: what zxcvbn counts for eight random characters, the shortest password. A word with a
/// year and a sign, such as `Summer2026!`, falls below it.
const MIN_GUESSES: u64 = 100_000_000;

/// At most this much is scored at a time, because zxcvbn's time grows with the square of the length. Longer passwords
/// are scored piece by piece.
const MAX_SCORED_CHARACTERS: usize = 40;

/// What makes a password easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// A common word, a name, or a common password with small changes.
    Word,
    /// The same characters again and again.
    Repeats,
    /// Neighbours in the alphabet or among the digits.
    Sequence,
    /// Neighbours on the keyboard.
    Keyboard,
    /// A date or a year.
    Date,
    /// Too little of anything.
    Short,
}

/// About how many years, with a sign or two behind them, a guesser tries with each word.
const YEARS_WITH_SIGNS: u64 = 60;
/// About how often a guesser repeats a sign, and a part of the password.
const REPETITIONS: u64 = 10;
/// At most this many different signs around a text are looked past.
const MAX_DIFFERENT_SIGNS: usize = 3;

/// Finds what makes a password easy to guess. `own_words` are tried first. Takes up to about as long as a hash.
pub(super) fn find_weakness(text: &str, own_words: &[&str]) -> Option<Weakness> {
    // Repeating a text adds nothing to it. Cheap for any length.
    let unit = repeated_unit(text);
    if unit != text {
        return is_easy(unit, own_words, 1).then_some(Weakness::Repeats);
    }
    if text.chars().count() > MAX_SCORED_CHARACTERS {
        return find_weakness_of_long(text, own_words);
    }
    let estimate = zxcvbn(text, own_words);
    if estimate.guesses() < MIN_GUESSES {
        return Some(estimate.feedback().and_then(Feedback::warning).map_or(Weakness::Short, weakness_of));
    }
    // zxcvbn multiplies a password of three parts by so much that a word, a year and signs pass.
    let (bare, forms) = without_signs_around(text);
    if forms > 1 && is_easy(bare, own_words, forms) {
        return Some(Weakness::Word);
    }
    // zxcvbn knows the words of English only.
    let word = word_before_year(bare)?;
    is_easy(word, own_words, YEARS_WITH_SIGNS).then_some(Weakness::Date)
}

/// The same of a password that is too long to be scored at once.
fn find_weakness_of_long(text: &str, own_words: &[&str]) -> Option<Weakness> {
    let once = without_repetitions(text);
    let is_shorter = once.len() < text.chars().count();
    let forms = if is_shorter { REPETITIONS } else { 1 };
    // Most end with the first piece.
    let mut guesses = forms;
    for piece in once.chunks(MAX_SCORED_CHARACTERS) {
        let piece: String = piece.iter().collect();
        guesses = guesses.saturating_mul(zxcvbn(&piece, own_words).guesses());
        if guesses >= MIN_GUESSES {
            return None;
        }
    }
    Some(if is_shorter { Weakness::Repeats } else { Weakness::Word })
}

/// Whether this part of a password can be guessed too fast. An attacker tries each guess in this many forms.
fn is_easy(part: &str, own_words: &[&str], forms: u64) -> bool {
    part.chars().count() <= MAX_SCORED_CHARACTERS
        && zxcvbn(part, own_words).guesses().saturating_mul(forms) < MIN_GUESSES
}

/// The text with each part that follows itself at once left out. Its time grows with the square of the length at most
/// times the length of a part: 128 characters take less than a millisecond.
fn without_repetitions(text: &str) -> Vec<char> {
    let mut once: Vec<char> = Vec::new();
    for c in text.chars() {
        once.push(c);
        let longest = once.len() / 2;
        let repeated = (1..=longest).find(|length| {
            let (rest, last) = once.split_at(once.len() - length);
            rest.ends_with(last)
        });
        if let Some(length) = repeated {
            once.truncate(once.len() - length);
        }
    }
    once
}

/// The text without the signs before and behind it, and in how many forms a guesser tries these. One form if there are
/// none, or too many different ones.
fn without_signs_around(text: &str) -> (&str, u64) {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let start = text.find(bare).unwrap_or_default();
    let signs = || text[..start].chars().chain(text[start + bare.len()..].chars());
    let different = signs().collect::<BTreeSet<_>>().len();
    let count = signs().count() as u64;
    match u32::try_from(different) {
        Ok(different @ 1..) if different as usize <= MAX_DIFFERENT_SIGNS => (bare, REPETITIONS.pow(different) * count),
        _ => (text, 1),
    }
}

/// The text that is repeated, with the same signs in between or none, to give the whole. The whole itself if none is.
fn repeated_unit(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, _)| at).skip(1);
    ends.take_while(|end| end * 2 <= text.len())
        .map(|end| text.split_at(end))
        .find(|(unit, rest)| {
            let Some((signs, _)) = rest.split_once(unit) else { return false };
            let mut left = *rest;
            while let Some(shorter) = left.strip_prefix(signs).and_then(|left| left.strip_prefix(unit)) {
                left = shorter;
            }
            left.is_empty() && !signs.contains(char::is_alphanumeric)
        })
        .map_or(text, |(unit, _)| unit)
}

/// The word before a year, as in `Summer2026` or `Sommer-2026`.
fn word_before_year(bare: &str) -> Option<&str> {
    let word = ["19", "20"].iter().find_map(|century| {
        let (word, year) = bare.rsplit_once(century)?;
        (year.len() == 2 && year.bytes().all(|digit| digit.is_ascii_digit())).then_some(word)
    })?;
    let word = word.trim_end_matches(|last: char| !last.is_alphanumeric());
    (!word.is_empty() && word.chars().all(char::is_alphabetic)).then_some(word)
}

const fn weakness_of(warning: Warning) -> Weakness {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => Weakness::Keyboard,
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            Weakness::Repeats
        }
        Warning::SequencesLikeAbcAreEasyToGuess => Weakness::Sequence,
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => Weakness::Date,
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword
        | Warning::AWordByItselfIsEasyToGuess
        | Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => Weakness::Word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_as_easy_as_what_is_repeated() {
        for (text, unit) in [
            ("password-password", "password"),
            ("abcabcabc", "abc"),
            ("a, a, a", "a"),
            ("éé", "é"),
            ("abcab", "abcab"),
            ("xaxbx", "xaxbx"),
            ("ab-ab_ab", "ab-ab_ab"),
            ("", ""),
        ] {
            assert_eq!(repeated_unit(text), unit, "{text}");
        }
        for easy in ["football-football", &"x".repeat(41), &"qwertyuiop".repeat(5), &"password".repeat(6)] {
            assert_eq!(find_weakness(easy, &[]), Some(Weakness::Repeats), "{easy}");
        }
        assert_eq!(find_weakness(&"gentle-heron-42-lantern ".repeat(3), &[]), None);
    }

    #[test]
    fn more_than_can_be_scored_at_once_is_scored_without_its_repetitions() {
        for easy in [
            format!("{}1", "password".repeat(8)),
            format!("{}1", "1234567890".repeat(4)),
            format!("{}x", "cleo".repeat(11)),
            format!("x{}", "cleo".repeat(11)),
            format!("{}{}", "ab".repeat(30), "cd".repeat(30)),
            format!("{}ac", "ab".repeat(63)),
        ] {
            assert_eq!(find_weakness(&easy, &[]), Some(Weakness::Repeats), "{easy}");
        }
        for good in ["correct horse battery staple under a tall lamp post", &random_text(128)] {
            assert_eq!(find_weakness(good, &[]), None, "{good}");
        }
        for (text, once) in [("", ""), ("aaab", "ab"), ("abababc", "abc"), ("xabcabcy", "xabcy"), ("abcab", "abcab")] {
            assert_eq!(without_repetitions(text).into_iter().collect::<String>(), once, "{text}");
        }
    }

    /// The same at each run.
    fn random_text(length: u32) -> String {
        let numbers = (1..=length).map(|n| n.wrapping_mul(2_654_435_761) >> 16);
        numbers.filter_map(|number| char::from_u32(0x21 + number % 94)).collect()
    }

    #[test]
    fn a_word_with_a_year_is_easy_in_any_language() {
        for easy in [
            "December2024!!",
            "Januar2026!",
            "Sommer2026",
            "Verano1999?",
            "Sommer-2026!",
            "Summer2026!!!!",
            "Welcome2026!!!!",
            "Welcome12!!!!",
            "!!Welcome2026!?!?!?",
            "tangerine47!!!!",
        ] {
            assert!(find_weakness(easy, &[]).is_some(), "{easy}");
        }
        for good in ["zq8!kPx!", "zq8!kP!?", "tangerine-lamp!!"] {
            assert_eq!(find_weakness(good, &[]), None, "{good}");
        }
        for (text, word) in [
            ("Summer2026", Some("Summer")),
            ("Sommer-2026", Some("Sommer")),
            ("Summer2126", None),
            ("2026", None),
            ("Sum-mer2026", None),
            ("Summer20261", None),
        ] {
            assert_eq!(word_before_year(text), word, "{text}");
        }
        assert_eq!(find_weakness("Katzenmilchkanne2026!", &[]), None);
    }
}
