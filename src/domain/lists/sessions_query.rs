//! The query of the staff page that lists the site's sessions. Unknown values are errors.

use super::{users_filter::SearchText, users_query::PageNumber};

/// The number of sessions per page.
pub const SESSIONS_PER_PAGE: u32 = 25;

/// Which of the site's sessions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionsQuery {
    /// Part of the account's username or email.
    pub search: Option<SearchText>,
    /// Only live sessions, or all.
    pub state: SessionsShown,
    /// The page number.
    pub page: PageNumber,
}

/// Which sessions the list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionsShown {
    /// Sessions that the rule accepts.
    #[default]
    Live,
    /// All sessions, including ended ones that have not been purged.
    All,
}

/// The word is not a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownState;

impl SessionsShown {
    /// The word, as in the query parameter `state`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::All => "all",
        }
    }

    /// Parses the word. An empty word is the default.
    ///
    /// # Errors
    /// Returns an error if the word is unknown.
    pub fn parse(word: &str) -> Result<Self, UnknownState> {
        match word {
            "" | "live" => Ok(Self::Live),
            "all" => Ok(Self::All),
            _ => Err(UnknownState),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_states_are_accepted() {
        for state in [SessionsShown::Live, SessionsShown::All] {
            assert_eq!(SessionsShown::parse(state.word()), Ok(state));
        }
        assert_eq!(SessionsShown::parse(""), Ok(SessionsShown::Live));
        for word in ["ended", "Live", "ALL", " all", "live,all"] {
            assert_eq!(SessionsShown::parse(word), Err(UnknownState), "{word}");
        }
    }
}
