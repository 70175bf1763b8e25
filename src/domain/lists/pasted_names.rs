//! A pasted list of usernames, emails and ids.

use crate::domain::people::login_name::LoginName;

/// The most names in one list.
pub const MOST_NAMES: usize = 10_000;

/// What spreadsheets and mail programs put around a name, and the byte order mark of a file.
const AROUND_NAMES: [char; 4] = ['"', '<', '>', '\u{feff}'];

/// A name in a pasted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastedName<'t> {
    /// The line that it is in, from 1.
    pub line: usize,
    /// The name as it was pasted, never empty.
    pub text: &'t str,
}

/// Why a list cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasteError {
    /// It has no name.
    Empty,
    /// It has more than [`MOST_NAMES`] names.
    TooMany(usize),
}

impl PastedName<'_> {
    /// The key by which a login finds the account. `None` if no account can have this name.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        LoginName::parse(self.text).ok().map(|name| name.key().to_owned())
    }

    /// The user id that it may be.
    #[must_use]
    pub fn id(&self) -> Option<i64> {
        let is_number = self.text.bytes().all(|byte| byte.is_ascii_digit());
        self.text.parse().ok().filter(|id| is_number && *id > 0)
    }
}

/// Splits a list at white space, commas and semicolons.
///
/// # Errors
/// Returns an error if the list has no name, or too many.
pub fn parse_names(text: &str) -> Result<Vec<PastedName<'_>>, PasteError> {
    let names: Vec<_> = lines(text).enumerate().flat_map(|(n, line)| names_of_line(n + 1, line)).collect();
    match names.len() {
        0 => Err(PasteError::Empty),
        many if many > MOST_NAMES => Err(PasteError::TooMany(many)),
        _ => Ok(names),
    }
}

/// The lines, whatever system the list comes from: they end in LF, CRLF or CR.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn names_of_line(line: usize, text: &str) -> impl Iterator<Item = PastedName<'_>> {
    let names = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    names
        .map(|name| name.trim_matches(AROUND_NAMES))
        .filter(|name| !name.is_empty())
        .map(move |text| PastedName { line, text })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Vec<(usize, &str)> {
        parse_names(text).expect("a list").into_iter().map(|name| (name.line, name.text)).collect()
    }

    #[test]
    fn names_are_found_in_text_and_csv_of_any_system() {
        assert_eq!(parsed("ana\nben"), [(1, "ana"), (2, "ben")]);
        assert_eq!(parsed("\u{feff}ana\r\n\r\nben\r\n"), [(1, "ana"), (3, "ben")]);
        assert_eq!(parsed("ana\rben\r\rcara"), [(1, "ana"), (2, "ben"), (4, "cara")]);
        assert_eq!(parsed(" ana,ben;cara\tdora\u{a0}eve ,, "), ["ana", "ben", "cara", "dora", "eve"].map(|n| (1, n)));
        assert_eq!(parsed("\"7\";\"ana@example.org\"\n"), [(1, "7"), (1, "ana@example.org")]);
        assert_eq!(parsed("Ana <ana@example.org>"), [(1, "Ana"), (1, "ana@example.org")]);
    }

    #[test]
    fn an_empty_list_and_a_long_one_are_refused() {
        for empty in ["", " \r\n,;\t", "\u{feff}", "\"\" <>"] {
            assert_eq!(parse_names(empty), Err(PasteError::Empty), "{empty:?}");
        }
        let long = "a\n".repeat(MOST_NAMES);
        assert_eq!(parsed(&long).len(), MOST_NAMES);
        assert_eq!(parse_names(&format!("{long}a,b")), Err(PasteError::TooMany(MOST_NAMES + 2)));
    }

    #[test]
    fn only_a_positive_number_is_an_id() {
        let id = |text| PastedName { line: 1, text }.id();
        assert_eq!((id("7"), id("007"), id("9223372036854775807")), (Some(7), Some(7), Some(i64::MAX)));
        for text in ["0", "-7", "+7", "7.0", "٧", "9223372036854775808", "ana"] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_found_once_with_its_line(
            lines in prop::collection::vec(prop::collection::vec("[a-zé@.+_-]{1,12}", 0..4), 1..20),
            separator in prop::sample::select(vec![" ", ",", ";", "\t", ", ", " ; ", "\u{3000}"]),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let text = lines.iter().map(|names| names.join(separator)).collect::<Vec<_>>().join(end);
            let expected: Vec<(usize, &str)> = lines.iter().enumerate()
                .flat_map(|(n, names)| names.iter().map(move |name| (n + 1, name.as_str()))).collect();
            match parse_names(&text) {
                Ok(names) => {
                    let found: Vec<_> = names.iter().map(|name| (name.line, name.text)).collect();
                    prop_assert_eq!(found, expected);
                }
                Err(error) => prop_assert!(expected.is_empty() && error == PasteError::Empty),
            }
        }

        #[test]
        fn any_text_is_split_without_separators_left(text in any::<String>()) {
            for name in parse_names(&text).unwrap_or_default() {
                prop_assert!(!name.text.is_empty() && text.contains(name.text));
                prop_assert!(!name.text.contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';')));
                prop_assert!(name.line >= 1 && name.line <= text.split(['\n', '\r']).count());
            }
        }
    }
}
