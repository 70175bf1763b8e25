//! The query of the staff page that lists users. Unknown values are errors.

use super::{
    per_page::PerPage,
    users_filter::{InvalidQuery, UsersFilter},
};

/// The last page of any list. Beyond it, staff are asked to narrow the search.
pub const LAST_PAGE: u32 = 400;

/// Which users to list, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersQuery {
    /// Which users.
    pub filter: UsersFilter,
    /// The order.
    pub sort: Sort,
    /// The page number.
    pub page: PageNumber,
    /// The number of users per page.
    pub per_page: PerPage,
}

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortKey {
    /// The username, case-insensitively.
    #[default]
    Username,
    /// The email, case-insensitively.
    Email,
    /// When the account was created.
    DateJoined,
    /// The time of the last login.
    LastLogin,
    /// The time of the last request.
    LastSeen,
}

impl SortKey {
    /// Every key, with its word.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Username, "username"),
        (Self::Email, "email"),
        (Self::DateJoined, "date_joined"),
        (Self::LastLogin, "last_login"),
        (Self::LastSeen, "last_seen"),
    ];

    /// Whether the sort key is a timestamp.
    #[must_use]
    pub const fn is_date(self) -> bool {
        matches!(self, Self::DateJoined | Self::LastLogin | Self::LastSeen)
    }

    /// The word, as in the query parameter `sort`.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(key, _)| *key == self).map_or("username", |(_, word)| word)
    }
}

/// A sort key and a direction: `username` is ascending, `-username` descending.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// The sort key.
    pub key: SortKey,
    /// Whether the order is descending.
    pub descending: bool,
}

impl Sort {
    /// Parses the word. An empty word is the default order.
    ///
    /// # Errors
    /// Returns an error if the word is unknown.
    pub fn parse(word: &str) -> Result<Self, InvalidQuery> {
        if word.is_empty() {
            return Ok(Self::default());
        }
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        SortKey::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(key, _)| Self { key: *key, descending })
            .ok_or(InvalidQuery)
    }

    /// The word that [`Self::parse`] accepts.
    #[must_use]
    pub fn word(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key.word())
    }
}

/// The number of a list's page, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber(u32);

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl PageNumber {
    /// Parses a number. An empty text is the first page.
    ///
    /// # Errors
    /// Returns an error if the text is not a whole number of at least 1.
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.trim_start_matches('0').parse::<u64>() {
            Ok(number) if digits && number >= 1 => Ok(Self(u32::try_from(number).unwrap_or(u32::MAX))),
            // A number that does not fit is beyond the last page, which is not an error here.
            Err(_) if digits && text.bytes().any(|b| b != b'0') => Ok(Self(u32::MAX)),
            _ => Err(InvalidQuery),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether the page is beyond the last one that lists show, page 400.
    #[must_use]
    pub const fn is_beyond_last(self) -> bool {
        self.0 > LAST_PAGE
    }

    /// The number of rows before this page.
    #[must_use]
    pub const fn offset(self, per_page: u32) -> i64 {
        (self.0 as i64 - 1) * per_page as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_sorts_are_accepted() {
        assert_eq!(Sort::parse("-last_seen").map(Sort::word), Ok("-last_seen".to_owned()));
        assert_eq!(Sort::parse(""), Ok(Sort::default()));
        for word in ["id", "--email", "email desc", "password_hash", "-"] {
            assert!(Sort::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_page_number_is_at_least_one() {
        assert_eq!(PageNumber::parse("").map(PageNumber::get), Ok(1));
        assert_eq!(PageNumber::parse("400").map(PageNumber::is_beyond_last), Ok(false));
        assert_eq!(PageNumber::parse("401").map(PageNumber::is_beyond_last), Ok(true));
        assert_eq!(PageNumber::parse("99999999999999999999999").map(PageNumber::is_beyond_last), Ok(true));
        for text in ["0", "00", "-1", "1.5", "one", "+1", " 1", "1e3"] {
            assert!(PageNumber::parse(text).is_err(), "{text}");
        }
    }
}
