//! A query for the staff list of events. Unknown values are errors.

use super::users_filter::{InvalidQuery, SearchText};
use crate::domain::{
    address_key::Network, event_kind::EventKind, logins::user_agent::BrowserKey, people::text, period::Period,
};

/// The most characters of a browser's name in a query.
const BROWSER_CHARACTERS: usize = 300;

/// Which events to list, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventsQuery {
    /// A part of the actor's or the subject's name.
    pub search: Option<SearchText>,
    /// Only events of this kind.
    pub kind: Option<EventKind>,
    /// Only events whose subject is the account with this id.
    pub user: Option<i64>,
    /// Only events in this period.
    pub period: Period,
    /// Only events from an address of this network.
    pub network: Option<Network>,
    /// Only events of the browsers with this name, or whose name begins with these words.
    pub browser: Option<BrowserKey>,
    /// The order of the list. An export is always in the default order.
    pub sort: EventSort,
}

/// Parses a browser's name or the first words of it, as the pages show it. An empty text is no filter.
///
/// # Errors
/// Returns an error if the text is longer than any name or contains characters that no name has.
pub fn parse_browser(typed: &str) -> Result<Option<BrowserKey>, InvalidQuery> {
    if typed.chars().count() > BROWSER_CHARACTERS || typed.chars().any(text::is_forbidden) {
        return Err(InvalidQuery);
    }
    Ok(Some(BrowserKey::of(typed)).filter(|key| !key.as_str().is_empty()))
}

/// What the list of events is sorted by. Events that are equal in it are sorted by time, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EventSortKey {
    /// The time.
    #[default]
    Time,
    /// The code of the kind.
    Kind,
    /// The network address, by number. Events without one are first.
    Address,
    /// The browser's name. Events without one are first.
    Browser,
}

impl EventSortKey {
    /// Every key, with its word.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Time, "time"), (Self::Kind, "kind"), (Self::Address, "address"), (Self::Browser, "browser")];
}

/// A sort key and a direction: `time` is ascending, `-time` descending. The default is the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSort {
    /// The sort key.
    pub key: EventSortKey,
    /// Whether the order is descending.
    pub descending: bool,
}

impl Default for EventSort {
    fn default() -> Self {
        Self { key: EventSortKey::Time, descending: true }
    }
}

impl EventSort {
    /// Parses the word. An empty word is the default order.
    ///
    /// # Errors
    /// Returns an error if the word is unknown.
    pub fn parse(word: &str) -> Result<Self, InvalidQuery> {
        if word.is_empty() {
            return Ok(Self::default());
        }
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        let known = EventSortKey::ALL.iter().find(|(_, known)| *known == name);
        known.map(|(key, _)| Self { key: *key, descending }).ok_or(InvalidQuery)
    }

    /// The word that [`Self::parse`] accepts. Empty for the default order.
    #[must_use]
    pub fn word(self) -> String {
        if self == Self::default() {
            return String::new();
        }
        let word = EventSortKey::ALL.iter().find(|(key, _)| *key == self.key).map_or("", |(_, word)| word);
        format!("{}{word}", if self.descending { "-" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_orders_are_accepted() {
        for (_, word) in EventSortKey::ALL {
            for word in [word.to_owned(), format!("-{word}")] {
                let expected = if word == "-time" { "" } else { &word };
                assert_eq!(EventSort::parse(&word).map(EventSort::word), Ok(expected.to_owned()));
            }
        }
        assert_eq!(EventSort::parse(""), Ok(EventSort::default()));
        for word in ["at", "--time", "Time", "-", "time desc", " time"] {
            assert_eq!(EventSort::parse(word), Err(InvalidQuery), "{word}");
        }
    }

    #[test]
    fn a_browser_is_a_name_that_a_page_can_show() {
        assert_eq!(parse_browser(" "), Ok(None));
        assert_eq!(parse_browser(" Firefox 145 "), Ok(Some(BrowserKey::of("firefox 145"))));
        for typed in ["a\0b", "a\u{202e}b", &"a".repeat(301)] {
            assert_eq!(parse_browser(typed), Err(InvalidQuery), "{typed}");
        }
    }
}
