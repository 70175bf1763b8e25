//! How hard a password is to guess, as zxcvbn estimates it.

use zxcvbn::{
    feedback::{Feedback, Warning},
    zxcvbn,
};

/// The minimum number of guesses: what zxcvbn counts for eight random characters, the shortest password. A word with a
/// year and a sign, such as `Summer2026!`, falls below it.
const MIN_GUESSES: u64 = 100_000_000;

/// Longer passwords are not scored, because zxcvbn's time grows with the square of the length.
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
/// At most this many signs are looked past behind a year.
const MAX_SIGNS: usize = 3;

/// Finds what makes a password easy to guess. `own_words` are tried first. Takes up to about as long as a hash.
pub(super) fn find_weakness(text: &str, own_words: &[&str]) -> Option<Weakness> {
    // Repeating a text adds nothing to it. Cheap for any length.
    let unit = repeated_unit(text);
    if unit != text {
        return is_easy(unit, own_words, 1).then_some(Weakness::Repeats);
    }
    if text.chars().count() > MAX_SCORED_CHARACTERS {
        return None;
    }
    let estimate = zxcvbn(text, own_words);
    if estimate.guesses() < MIN_GUESSES {
        return Some(estimate.feedback().and_then(Feedback::warning).map_or(Weakness::Short, weakness_of));
    }
    // zxcvbn knows the words of English only.
    let word = word_before_year(text)?;
    is_easy(word, own_words, YEARS_WITH_SIGNS).then_some(Weakness::Date)
}

/// Whether this part of a password can be guessed too fast. An attacker tries each guess in this many forms.
fn is_easy(part: &str, own_words: &[&str], forms: u64) -> bool {
    part.chars().count() <= MAX_SCORED_CHARACTERS
        && zxcvbn(part, own_words).guesses().saturating_mul(forms) < MIN_GUESSES
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

/// The word before a year and a few signs, as in `Summer2026!`.
fn word_before_year(text: &str) -> Option<&str> {
    let bare = text.trim_end_matches(|last: char| !last.is_alphanumeric());
    let word = ["19", "20"].iter().find_map(|century| {
        let (word, year) = bare.rsplit_once(century)?;
        (year.len() == 2 && year.bytes().all(|digit| digit.is_ascii_digit())).then_some(word)
    })?;
    let has_few_signs = text[bare.len()..].chars().count() <= MAX_SIGNS;
    (has_few_signs && !word.is_empty() && word.chars().all(char::is_alphabetic)).then_some(word)
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
    fn a_word_with_a_year_is_easy_in_any_language() {
        for easy in ["December2024!!", "Januar2026!", "Sommer2026", "Verano1999?"] {
            assert!(find_weakness(easy, &[]).is_some(), "{easy}");
        }
        for (text, word) in [
            ("Summer2026!", Some("Summer")),
            ("Summer2026", Some("Summer")),
            ("Summer2126!", None),
            ("Summer2026!!!!", None),
            ("2026!", None),
            ("Sum-mer2026", None),
            ("Summer20261", None),
        ] {
            assert_eq!(word_before_year(text), word, "{text}");
        }
        assert_eq!(find_weakness("Katzenmilchkanne2026!", &[]), None);
    }
}
