//! What staff may ask of the list of users: only known words, anything else is refused.

use super::users_filter::UsersFilter;

/// The users on one page of the list.
pub const USERS_PER_PAGE: u32 = 20;
/// The last page there is; past it the search must be narrowed.
pub const LAST_PAGE: u32 = 400;

/// Which users, in which order, from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersQuery {
    /// Which.
    pub filter: UsersFilter,
    /// The order.
    pub sort: Sort,
    /// The page.
    pub page: PageNumber,
}

/// A word that the list of users does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsersQueryError(pub(super) String);

impl From<crate::domain::people::role::UnknownRole> for UsersQueryError {
    fn from(error: crate::domain::people::role::UnknownRole) -> Self {
        Self(error.to_string())
    }
}

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortKey {
    /// The username, without regard to case.
    #[default]
    Username,
    /// The email, without regard to case.
    Email,
    /// When the account was made.
    DateJoined,
    /// The last login.
    LastLogin,
    /// The last request.
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

    /// Whether it is a moment.
    #[must_use]
    pub const fn is_date(self) -> bool {
        matches!(self, Self::DateJoined | Self::LastLogin | Self::LastSeen)
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(key, _)| *key == self).map_or("username", |(_, word)| word)
    }
}

/// A key and a direction: `username` upwards, `-username` downwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// From the greatest to the least.
    pub descending: bool,
}

impl Sort {
    /// Reads the word; an empty one is the default order.
    ///
    /// # Errors
    /// When the word names no order.
    pub fn parse(word: &str) -> Result<Self, UsersQueryError> {
        if word.is_empty() {
            return Ok(Self::default());
        }
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        SortKey::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(key, _)| Self { key: *key, descending })
            .ok_or_else(|| {
                UsersQueryError("The sort is username, email, date_joined, last_login or last_seen, with a - before it for downwards.".to_owned())
            })
    }

    /// The word that [`Self::parse`] reads.
    #[must_use]
    pub fn word(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key.word())
    }
}

/// A page of a list, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber(u32);

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl PageNumber {
    /// Reads a number; an empty one is the first page.
    ///
    /// # Errors
    /// When it is no whole number from 1.
    pub fn parse(text: &str) -> Result<Self, UsersQueryError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.trim_start_matches('0').parse::<u64>() {
            Ok(number) if digits && number >= 1 => Ok(Self(u32::try_from(number).unwrap_or(u32::MAX))),
            // Beyond every number that fits, but a number all the same: too far, not wrong.
            Err(_) if digits && text.bytes().any(|b| b != b'0') => Ok(Self(u32::MAX)),
            _ => Err(UsersQueryError("The page is a whole number from 1.".to_owned())),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether it lies past the last page there is.
    #[must_use]
    pub const fn is_too_far(self) -> bool {
        self.0 > LAST_PAGE
    }

    /// How many rows lie before it.
    #[must_use]
    pub const fn offset(self, per_page: u32) -> i64 {
        (self.0 as i64 - 1) * per_page as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_read() {
        assert_eq!(Sort::parse("-last_seen").map(Sort::word), Ok("-last_seen".to_owned()));
        assert_eq!(Sort::parse(""), Ok(Sort::default()));
        for word in ["id", "--email", "email desc", "password_hash", "-"] {
            assert!(Sort::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_page_is_a_number_from_one() {
        assert_eq!(PageNumber::parse("").map(PageNumber::get), Ok(1));
        assert_eq!(PageNumber::parse("400").map(PageNumber::is_too_far), Ok(false));
        assert_eq!(PageNumber::parse("401").map(PageNumber::is_too_far), Ok(true));
        assert_eq!(PageNumber::parse("99999999999999999999999").map(PageNumber::is_too_far), Ok(true));
        for text in ["0", "00", "-1", "1.5", "one", "+1", " 1", "1e3"] {
            assert!(PageNumber::parse(text).is_err(), "{text}");
        }
    }
}
