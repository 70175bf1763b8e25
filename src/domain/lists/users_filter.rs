//! Which users: those whose names hold a text, of a standing, of a role.

use super::users_query::UsersQueryError;
use crate::domain::people::{email::EMAIL_CHARACTERS, role::Role, text};

/// Which users; without anything in it, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersFilter {
    /// Part of a username or an email, as a comparison key.
    pub search: Option<SearchText>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those of this role.
    pub role: Option<Role>,
}

impl UsersFilter {
    /// Reads the three words as they stand in an address or a form; each may be empty.
    ///
    /// # Errors
    /// When one of them is not known.
    pub fn parse(search: &str, status: &str, role: &str) -> Result<Self, UsersQueryError> {
        let role = if role.is_empty() { None } else { Some(role.parse::<Role>()?) };
        Ok(Self { search: SearchText::parse(search)?, status: Status::parse(status)?, role })
    }
}

/// The text of a search, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

impl SearchText {
    /// What was typed; an empty search is none.
    ///
    /// # Errors
    /// When it is longer than any name, or has characters in it that no name has.
    pub fn parse(typed: &str) -> Result<Option<Self>, UsersQueryError> {
        let typed = typed.trim();
        if typed.chars().count() > EMAIL_CHARACTERS || typed.chars().any(text::is_forbidden) {
            return Err(UsersQueryError("A search is a part of a username or an email.".to_owned()));
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
    /// It may.
    Active,
    /// It is deactivated.
    Inactive,
}

impl Status {
    /// Every status, with its word.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Active, "active"), (Self::Inactive, "inactive")];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// Reads the word; an empty one is no filter.
    ///
    /// # Errors
    /// When the word is no status.
    pub fn parse(word: &str) -> Result<Option<Self>, UsersQueryError> {
        if word.is_empty() {
            return Ok(None);
        }
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(status, _)| Some(*status))
            .ok_or_else(|| UsersQueryError("The status is active, inactive or left out.".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_read() {
        assert_eq!(UsersFilter::parse("", "", ""), Ok(UsersFilter::default()));
        let filter = UsersFilter::parse(" Ana ", "inactive", "staff").expect("known words");
        assert_eq!(filter.search.as_ref().map(SearchText::key), Some("ana"));
        assert_eq!((filter.status, filter.role), (Some(Status::Inactive), Some(Role::Staff)));
        for (search, status, role) in [("", "banned", ""), ("", "", "owner"), ("a\u{202e}b", "", "")] {
            assert!(UsersFilter::parse(search, status, role).is_err(), "{search} {status} {role}");
        }
    }
}
