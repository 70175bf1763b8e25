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

/// Finds what makes a password easy to guess. `own_words` are tried first. Takes up to about as long as a hash.
pub(super) fn find_weakness(text: &str, own_words: &[&str]) -> Option<Weakness> {
    if text.chars().count() > MAX_SCORED_CHARACTERS {
        return None;
    }
    let estimate = zxcvbn(text, own_words);
    (estimate.guesses() < MIN_GUESSES)
        .then(|| estimate.feedback().and_then(Feedback::warning).map_or(Weakness::Short, weakness_of))
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
