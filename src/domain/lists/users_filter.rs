//! A filter for users: by part of a name, status, role, dates, and by whether they are logged in.

use crate::domain::{
    people::{email::EMAIL_CHARACTERS, role::Role, text},
    period::{DayError, Period},
};

/// A parameter of a list that no link or form of the site writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidQuery;

impl From<DayError> for InvalidQuery {
    fn from(_: DayError) -> Self {
        Self
    }
}

/// A filter for users. The default matches everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersFilter {
    /// Part of a username or email.
    pub search: Option<SearchText>,
    /// Only users with this status.
    pub status: Option<Status>,
    /// Only users with this role.
    pub role: Option<Role>,
    /// Only users who joined in this period.
    pub joined: Period,
    /// Only users whose last login is in this period.
    pub login: Period,
    /// Only users whose last request is in this period.
    pub seen: Period,
    /// Only users who have a live login, or only users who have none.
    pub live: Option<bool>,
}

/// The fields of a filter, as a query or a form has them. Each may be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsersFields<'q> {
    /// Part of a username or email.
    pub q: &'q str,
    /// `active` or `inactive`.
    pub status: &'q str,
    /// The code of a role.
    pub role: &'q str,
    /// The first day or time of joining.
    pub joined_from: &'q str,
    /// The last day or time of joining.
    pub joined_to: &'q str,
    /// The first day or time of the last login.
    pub login_from: &'q str,
    /// The last day or time of the last login.
    pub login_to: &'q str,
    /// The first day or time of the last request.
    pub seen_from: &'q str,
    /// The last day or time of the last request.
    pub seen_to: &'q str,
    /// `yes` or `no`.
    pub live: &'q str,
}

impl<'q> UsersFields<'q> {
    /// The fields that are not empty, by name.
    #[must_use]
    pub fn given(&self) -> Vec<(&'static str, &'q str)> {
        let Self { q, status, role, joined_from, joined_to, login_from, login_to, seen_from, seen_to, live } = *self;
        let fields = [
            ("q", q),
            ("status", status),
            ("role", role),
            ("joined_from", joined_from),
            ("joined_to", joined_to),
            ("login_from", login_from),
            ("login_to", login_to),
            ("seen_from", seen_from),
            ("seen_to", seen_to),
            ("live", live),
        ];
        fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl UsersFilter {
    /// Parses the fields of a query or a form.
    ///
    /// # Errors
    /// Returns an error if one of them is invalid.
    pub fn parse(fields: &UsersFields<'_>) -> Result<Self, InvalidQuery> {
        Ok(Self {
            search: SearchText::parse(fields.q)?,
            status: Status::parse(fields.status)?,
            role: if fields.role.is_empty() { None } else { Some(fields.role.parse().map_err(|_| InvalidQuery)?) },
            joined: Period::parse_inclusive(fields.joined_from, fields.joined_to)?,
            login: Period::parse_inclusive(fields.login_from, fields.login_to)?,
            seen: Period::parse_inclusive(fields.seen_from, fields.seen_to)?,
            live: match fields.live {
                "" => None,
                "yes" => Some(true),
                "no" => Some(false),
                _ => return Err(InvalidQuery),
            },
        })
    }

    /// Whether requests and logins of the users themselves change which of them match.
    #[must_use]
    pub fn follows_activity(&self) -> bool {
        self.live.is_some() || self.login != Period::default() || self.seen != Period::default()
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
        assert_eq!(UsersFilter::parse(&UsersFields::default()), Ok(UsersFilter::default()));
        let fields =
            UsersFields { q: " Ana ", status: "inactive", role: "staff", live: "no", ..UsersFields::default() };
        let filter = UsersFilter::parse(&fields).expect("known words");
        assert_eq!(filter.search.as_ref().map(SearchText::key), Some("ana"));
        assert_eq!((filter.status, filter.role), (Some(Status::Inactive), Some(Role::Staff)));
        assert_eq!(filter.live, Some(false));
        for wrong in [
            UsersFields { status: "banned", ..fields },
            UsersFields { role: "owner", ..fields },
            UsersFields { q: "a\u{202e}b", ..fields },
            UsersFields { live: "true", ..fields },
            UsersFields { live: "YES", ..fields },
        ] {
            assert_eq!(UsersFilter::parse(&wrong), Err(InvalidQuery), "{wrong:?}");
        }
    }

    #[test]
    fn every_date_is_parsed() {
        let fields = UsersFields {
            joined_from: "2026-03-01",
            joined_to: "2026-03-02",
            login_from: "2026-03-03T14:30:00Z",
            seen_to: "2026-03-04T14:30",
            ..UsersFields::default()
        };
        let filter = UsersFilter::parse(&fields).expect("dates");
        let texts = |period: Period| [period.from, period.to].map(|at| at.map(|at| at.to_rfc3339()));
        let given = |text: &str| Some(text.to_owned());
        assert_eq!(
            texts(filter.joined),
            [given("2026-03-01T00:00:00+00:00"), given("2026-03-02T23:59:59.999999+00:00")]
        );
        assert_eq!(texts(filter.login), [given("2026-03-03T14:30:00+00:00"), None]);
        assert_eq!(texts(filter.seen), [None, given("2026-03-04T14:30:00+00:00")]);
        for wrong in [
            UsersFields { joined_from: "yesterday", ..fields },
            UsersFields { joined_to: "2026-3-2", ..fields },
            UsersFields { login_from: "1969-12-31", ..fields },
            UsersFields { login_to: "2026-02-30", ..fields },
            UsersFields { seen_from: "2026/01/01", ..fields },
            UsersFields { seen_to: " 2026-01-01", ..fields },
        ] {
            assert_eq!(UsersFilter::parse(&wrong), Err(InvalidQuery), "{wrong:?}");
        }
    }
}
