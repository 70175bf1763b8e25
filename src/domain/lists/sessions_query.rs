//! What staff may ask of the list of the site's sessions: only known words, anything else is refused.

use super::{users_filter::SearchText, users_query::PageNumber};

/// The sessions on one page of the list.
pub const SESSIONS_PER_PAGE: u32 = 25;

/// Which sessions of the whole site, from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionsQuery {
    /// Part of the username or email of its account, as a comparison key.
    pub search: Option<SearchText>,
    /// Only live ones, or all.
    pub state: SessionsShown,
    /// The page.
    pub page: PageNumber,
}

/// Which sessions are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionsShown {
    /// Those that are live by the rule.
    #[default]
    Live,
    /// Those that are over as well, as long as they are kept.
    All,
}

/// A word that is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The state is live, all or left out.")]
pub struct UnknownState;

impl SessionsShown {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::All => "all",
        }
    }

    /// Reads the word; an empty one is the default.
    ///
    /// # Errors
    /// When the word is neither.
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
    fn only_known_words_are_read() {
        for state in [SessionsShown::Live, SessionsShown::All] {
            assert_eq!(SessionsShown::parse(state.word()), Ok(state));
        }
        assert_eq!(SessionsShown::parse(""), Ok(SessionsShown::Live));
        for word in ["ended", "Live", "ALL", " all", "live,all"] {
            assert_eq!(SessionsShown::parse(word), Err(UnknownState), "{word}");
        }
    }
}
