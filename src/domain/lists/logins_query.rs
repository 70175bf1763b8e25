//! The query of the staff page that lists the site's logins. Unknown values are errors.

use super::{logins_filter::LoginsFilter, per_page::PerPage, users_filter::InvalidQuery, users_query::PageNumber};

/// Which logins to list, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginsQuery {
    /// Which logins.
    pub filter: LoginsFilter,
    /// The order.
    pub sort: LoginsSort,
    /// The page number.
    pub page: PageNumber,
    /// The number of logins per page.
    pub per_page: PerPage,
}

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginsSortKey {
    /// When the login was made.
    Login,
    /// The time of the last request.
    Seen,
    /// The username, case-insensitively.
    User,
    /// The address, by number.
    Address,
}

impl LoginsSortKey {
    /// Every key, with its word.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::User, "user"), (Self::Login, "login"), (Self::Seen, "seen"), (Self::Address, "address")];

    /// Whether the sort key is a timestamp.
    #[must_use]
    pub const fn is_date(self) -> bool {
        matches!(self, Self::Login | Self::Seen)
    }
}

/// A sort key and a direction: `login` is ascending, `-login` descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginsSort {
    /// The sort key.
    pub key: LoginsSortKey,
    /// Whether the order is descending.
    pub descending: bool,
}

impl Default for LoginsSort {
    fn default() -> Self {
        Self { key: LoginsSortKey::Login, descending: true }
    }
}

impl LoginsSort {
    /// Parses the word. An empty word is the default order, the newest login first.
    ///
    /// # Errors
    /// Returns an error if the word is unknown.
    pub fn parse(word: &str) -> Result<Self, InvalidQuery> {
        if word.is_empty() {
            return Ok(Self::default());
        }
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        let known = LoginsSortKey::ALL.iter().find(|(_, known)| *known == name);
        known.map(|(key, _)| Self { key: *key, descending }).ok_or(InvalidQuery)
    }

    /// The word that [`Self::parse`] accepts.
    #[must_use]
    pub fn word(self) -> String {
        let name = LoginsSortKey::ALL.iter().find(|(key, _)| *key == self.key).map_or("", |(_, word)| word);
        format!("{}{name}", if self.descending { "-" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_sorts_are_accepted() {
        for (_, word) in LoginsSortKey::ALL {
            for word in [word.to_owned(), format!("-{word}")] {
                assert_eq!(LoginsSort::parse(&word).map(LoginsSort::word), Ok(word));
            }
        }
        assert_eq!(LoginsSort::parse("").map(LoginsSort::word), Ok("-login".to_owned()));
        for word in ["id", "--login", "login desc", "-", "Login"] {
            assert!(LoginsSort::parse(word).is_err(), "{word}");
        }
    }
}
