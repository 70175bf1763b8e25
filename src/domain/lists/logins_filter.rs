//! A filter for the site's logins: by user, address, browser, system, kind, state and time.

use super::users_filter::{InvalidQuery, SearchText};
use crate::domain::{
    address_key::Network,
    logins::{kind::LoginClass, traits::DeviceName},
    people::text::is_forbidden,
    period::Period,
};

/// The most characters of a browser or a system.
const DEVICE_CHARACTERS: usize = 300;

/// A filter for logins. The default matches every live login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginsFilter {
    /// Part of the account's username or email.
    pub search: Option<SearchText>,
    /// Only logins from this network.
    pub network: Option<Network>,
    /// Only logins with this browser, or a version of it.
    pub browser: Option<DeviceName>,
    /// Only logins with this operating system, or a version of it.
    pub system: Option<DeviceName>,
    /// Only sessions, or only tokens.
    pub class: Option<LoginClass>,
    /// Only live logins, or all.
    pub shown: LoginsShown,
    /// Only logins that were made in this period.
    pub made: Period,
    /// Only logins that were last seen in this period. A token that was never used is in none.
    pub seen: Period,
}

/// The fields of a filter, as a query or a form has them. Each may be empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoginsFields<'q> {
    /// Part of a username or email.
    pub q: &'q str,
    /// An address or a network.
    pub address: &'q str,
    /// A browser, with or without its version.
    pub browser: &'q str,
    /// An operating system.
    pub system: &'q str,
    /// `session` or `token`.
    pub kind: &'q str,
    /// `live` or `all`.
    pub state: &'q str,
    /// The first day or time of the login.
    pub login_from: &'q str,
    /// The last day or time of the login.
    pub login_to: &'q str,
    /// The first day or time of the last request.
    pub seen_from: &'q str,
    /// The last day or time of the last request.
    pub seen_to: &'q str,
}

impl LoginsFilter {
    /// Parses the fields of a query or a form.
    ///
    /// # Errors
    /// Returns an error if one of them is invalid.
    pub fn parse(fields: &LoginsFields<'_>) -> Result<Self, InvalidQuery> {
        let given = |text: &str| !text.trim().is_empty();
        Ok(Self {
            search: SearchText::parse(fields.q)?,
            network: given(fields.address).then(|| Network::parse(fields.address)).transpose().or(Err(InvalidQuery))?,
            browser: device(fields.browser)?,
            system: device(fields.system)?,
            class: class(fields.kind)?,
            shown: LoginsShown::parse(fields.state)?,
            made: Period::parse_inclusive(fields.login_from, fields.login_to).map_err(|_| InvalidQuery)?,
            seen: Period::parse_inclusive(fields.seen_from, fields.seen_to).map_err(|_| InvalidQuery)?,
        })
    }
}

fn device(text: &str) -> Result<Option<DeviceName>, InvalidQuery> {
    let text = text.trim();
    if text.chars().count() > DEVICE_CHARACTERS || text.chars().any(is_forbidden) {
        return Err(InvalidQuery);
    }
    Ok((!text.is_empty()).then(|| DeviceName::of(text)))
}

fn class(word: &str) -> Result<Option<LoginClass>, InvalidQuery> {
    if word.is_empty() {
        return Ok(None);
    }
    LoginClass::ALL.into_iter().find(|class| class.word() == word).map(Some).ok_or(InvalidQuery)
}

/// Which logins the list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoginsShown {
    /// Logins that the rule accepts.
    #[default]
    Live,
    /// All logins, including ended ones that have not been purged.
    All,
}

impl LoginsShown {
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
    pub fn parse(word: &str) -> Result<Self, InvalidQuery> {
        match word {
            "" | "live" => Ok(Self::Live),
            "all" => Ok(Self::All),
            _ => Err(InvalidQuery),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_accepted() {
        assert_eq!(LoginsFilter::parse(&LoginsFields::default()), Ok(LoginsFilter::default()));
        for shown in [LoginsShown::Live, LoginsShown::All] {
            assert_eq!(LoginsShown::parse(shown.word()), Ok(shown));
        }
        for word in ["ended", "Live", "ALL", " all", "live,all"] {
            assert!(LoginsShown::parse(word).is_err(), "{word}");
        }
        for kind in ["Session", "tokens", "browser", " token"] {
            let fields = LoginsFields { kind, ..LoginsFields::default() };
            assert!(LoginsFilter::parse(&fields).is_err(), "{kind}");
        }
    }

    #[test]
    fn every_field_is_parsed() {
        let fields = LoginsFields {
            q: " Ana ",
            address: "192.0.2.0/24",
            browser: " Firefox 145",
            system: "Windows",
            kind: "token",
            state: "all",
            login_from: "2026-03-01",
            login_to: "2026-03-02T14:30:00Z",
            seen_from: "2026-03-01T14:30",
            seen_to: "2026-03-02",
        };
        let filter = LoginsFilter::parse(&fields).expect("a filter");
        assert_eq!(filter.search.as_ref().map(SearchText::key), Some("ana"));
        assert_eq!(filter.network, Network::parse("192.0.2.7/24").ok());
        assert_eq!(filter.browser, Some(DeviceName::of("FIREFOX 145")));
        assert_eq!(filter.system, Some(DeviceName::of("windows")));
        assert_eq!((filter.class, filter.shown), (Some(LoginClass::Tokens), LoginsShown::All));
        let texts = |period: Period| [period.from, period.to].map(|at| at.map(|at| at.to_rfc3339()));
        let given = |text: &str| Some(text.to_owned());
        assert_eq!(texts(filter.made), [given("2026-03-01T00:00:00+00:00"), given("2026-03-02T14:30:00+00:00")]);
        assert_eq!(texts(filter.seen), [given("2026-03-01T14:30:00+00:00"), given("2026-03-02T23:59:59.999999+00:00")]);
        for wrong in [
            LoginsFields { address: "192.0.2", ..fields },
            LoginsFields { browser: "a\u{202e}b", ..fields },
            LoginsFields { system: "a\0b", ..fields },
            LoginsFields { login_from: "yesterday", ..fields },
            LoginsFields { seen_to: "2026-02-30", ..fields },
        ] {
            assert_eq!(LoginsFilter::parse(&wrong), Err(InvalidQuery), "{wrong:?}");
        }
    }
}
