//! A filter for users: by part of a name, by status and by role.

use crate::domain::people::{email::EMAIL_CHARACTERS, role::Role, text};

/// A parameter of a list that no link or form of the site writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidQuery;

/// A filter for users. The default matches everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersFilter {
    /// Part of a username or email.
    pub search: Option<SearchText>,
    /// Only users with this status.
    pub status: Option<Status>,
    /// Only users with this role.
    pub role: Option<Role>,
}

impl UsersFilter {
    /// Parses the three fields of a query or form. Each may be empty.
    ///
    /// # Errors
    /// Returns an error if one of them is invalid.
    pub fn parse(search: &str, status: &str, role: &str) -> Result<Self, InvalidQuery> {
        let role = if role.is_empty() { None } else { Some(role.parse().map_err(|_| InvalidQuery)?) };
        Ok(Self { search: SearchText::parse(search)?, status: Status::parse(status)?, role })
    }
}

/// A search text as a comparison key, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

impl SearchText {
    /// Parses a search text. An empty text is no search.
    ///
    /// # Errors
    /// Returns an error if the text is longer than any name or contains characters that no name has.
    pub fn parse(typed: &str) -> Result<Option<Self>, InvalidQuery> {
        let typed = typed.trim();
        if typed.chars().count() > EMAIL_CHARACTERS || typed.chars().any(text::is_forbidden) {
            return Err(InvalidQuery);
        }
        let key = text::comparison_key(typed);
        Ok((!key.is_empty()).then_some(Self(key)))
    }

    /// The text as a comparison key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0
    }
}

/// Whether an account may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The account may log in.
    Active,
    /// The account is deactivated.
    Inactive,
}

impl Status {
    /// Every status, with its word.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Active, "active"), (Self::Inactive, "inactive")];

    /// The word, as in the query parameter `status`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// Parses the word. An empty word is no filter.
    ///
    /// # Errors
    /// Returns an error if the word is unknown.
    pub fn parse(word: &str) -> Result<Option<Self>, InvalidQuery> {
        if word.is_empty() {
            return Ok(None);
        }
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(status, _)| Some(*status)).ok_or(InvalidQuery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_accepted() {
        assert_eq!(UsersFilter::parse("", "", ""), Ok(UsersFilter::default()));
        let filter = UsersFilter::parse(" Ana ", "inactive", "staff").expect("known words");
        assert_eq!(filter.search.as_ref().map(SearchText::key), Some("ana"));
        assert_eq!((filter.status, filter.role), (Some(Status::Inactive), Some(Role::Staff)));
        for (search, status, role) in [("", "banned", ""), ("", "", "owner"), ("a\u{202e}b", "", "")] {
            assert!(UsersFilter::parse(search, status, role).is_err(), "{search} {status} {role}");
        }
    }
}
