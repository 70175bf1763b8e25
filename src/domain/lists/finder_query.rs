//! What staff type into the finder: one text that may be a part of a name, an id of a user, or an id of a login.

use super::users_filter::{InvalidQuery, SearchText};
use crate::domain::{logins::public_id::PublicId, people::login_name::LoginName};

/// A text in the finder, with everything that it may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinderQuery {
    /// Part of a username or email.
    pub search: SearchText,
    /// A whole username or email.
    pub name: Option<LoginName>,
    /// The id of a user.
    pub user_id: Option<i64>,
    /// The id of a session or token.
    pub login: Option<PublicId>,
}

impl FinderQuery {
    /// Parses a text. An empty text is no query.
    ///
    /// # Errors
    /// Returns an error if the text is longer than any name or contains characters that no name has.
    pub fn parse(typed: &str) -> Result<Option<Self>, InvalidQuery> {
        let Some(search) = SearchText::parse(typed)? else { return Ok(None) };
        let typed = typed.trim();
        let is_number = typed.bytes().all(|b| b.is_ascii_digit());
        Ok(Some(Self {
            search,
            name: LoginName::parse(typed).ok(),
            user_id: is_number.then(|| typed.parse().ok()).flatten(),
            login: PublicId::parse(typed),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_all_that_it_can() {
        let parse = |text: &str| FinderQuery::parse(text).expect("a query").expect("not empty");
        let ids = |text: &str| (parse(text).user_id, parse(text).login.map(|id| id.as_str().to_owned()));
        assert_eq!(parse(" Ana ").search.key(), "ana");
        assert_eq!(ids("ana"), (None, None));
        assert_eq!(ids("42"), (Some(42), None));
        assert_eq!(ids("99999999999999999999"), (None, None));
        for text in ["-1", "+1", "1.0", "١"] {
            assert_eq!(ids(text).0, None, "{text}");
        }
        assert_eq!(ids("ABCDEFGHIJKLMNOP"), (None, Some("abcdefghijklmnop".to_owned())));
    }

    #[test]
    fn a_text_that_no_name_has_is_refused() {
        assert_eq!(FinderQuery::parse("  "), Ok(None));
        for text in ["\0", "a\u{202e}b", &"a".repeat(255)] {
            assert!(FinderQuery::parse(text).is_err(), "{text}");
        }
    }
}
