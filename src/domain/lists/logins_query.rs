//! The query of the staff page that lists the site's logins. Unknown values are errors.

use super::{logins_filter::LoginsFilter, users_filter::InvalidQuery, users_query::PageNumber};

/// The list ends after this many logins. Staff narrow the search instead of paging further.
const LAST_ROW: i64 = 10_000;

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

impl LoginsQuery {
    /// Whether the page is beyond the last one that the list shows.
    #[must_use]
    pub const fn is_too_far(&self) -> bool {
        self.page.is_beyond_last() || self.page.offset(self.per_page.get()) >= LAST_ROW
    }
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

/// The number of rows per page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerPage(u32);

impl Default for PerPage {
    fn default() -> Self {
        Self(Self::ALL[0])
    }
}

impl PerPage {
    /// The numbers to choose from.
    pub const ALL: [u32; 3] = [20, 50, 100];

    /// Parses a number. An empty text is the default.
    ///
    /// # Errors
    /// Returns an error if it is not one of [`Self::ALL`].
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::ALL.into_iter().find(|number| number.to_string() == text).map(Self).ok_or(InvalidQuery)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_sorts_and_page_sizes_are_accepted() {
        for (_, word) in LoginsSortKey::ALL {
            for word in [word.to_owned(), format!("-{word}")] {
                assert_eq!(LoginsSort::parse(&word).map(LoginsSort::word), Ok(word));
            }
        }
        assert_eq!(LoginsSort::parse("").map(LoginsSort::word), Ok("-login".to_owned()));
        for word in ["id", "--login", "login desc", "-", "Login"] {
            assert!(LoginsSort::parse(word).is_err(), "{word}");
        }
        assert_eq!(
            ["", "20", "50", "100"].map(|text| PerPage::parse(text).map(PerPage::get)),
            [Ok(20), Ok(20), Ok(50), Ok(100)]
        );
        for text in ["0", "25", "020", "1000", "-20", "x"] {
            assert!(PerPage::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_list_ends_after_the_same_number_of_logins_or_pages() {
        let is_too_far = |page, per_page| {
            let page = PageNumber::parse(page).expect("a page");
            LoginsQuery { page, per_page: PerPage::parse(per_page).expect("a size"), ..LoginsQuery::default() }
                .is_too_far()
        };
        assert_eq!(["400", "401"].map(|page| is_too_far(page, "20")), [false, true]);
        assert_eq!(["100", "101", "99999999999"].map(|page| is_too_far(page, "100")), [false, true, true]);
    }
}
