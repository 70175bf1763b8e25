//! The browser and operating system that a `User-Agent` header names.
//!
//! The patterns are those of uap-core (<https://github.com/ua-parser/uap-core>, Apache-2.0, as of August 2026),
//! converted to JSON, without the patterns for devices.

use std::{convert::Infallible, sync::LazyLock};

use quick_cache::sync::Cache;
use serde::Deserialize;
use ua_parser::{os, user_agent};

/// The patterns. The first that matches wins.
const PATTERNS: &str = include_str!("user_agent.json");

#[derive(Deserialize)]
struct Patterns<'p> {
    #[serde(borrow)]
    user_agent_parsers: Vec<user_agent::Parser<'p>>,
    #[serde(borrow)]
    os_parsers: Vec<os::Parser<'p>>,
}

/// The browser and operating system, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// The browser, such as "Firefox 145".
    pub browser: Option<String>,
    /// The operating system, such as "Windows".
    pub system: Option<String>,
}

/// What a login is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// A browser on a desktop or laptop computer.
    Computer,
    /// A browser on a phone or tablet.
    Phone,
    /// A program that names itself, but no system.
    Program,
    /// Nothing is known.
    Unknown,
}

impl DeviceKind {
    /// The code, as in the names of icons.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Computer => "computer",
            Self::Phone => "phone",
            Self::Program => "program",
            Self::Unknown => "unknown",
        }
    }
}

/// The systems of phones and tablets, as the patterns name them.
const OF_PHONES: [&str; 7] = ["Android", "iOS", "Windows Phone", "BlackBerry OS", "HarmonyOS", "KaiOS", "Tizen"];

/// Compiled at first use, because most pages have no list of sessions.
static EXTRACTORS: LazyLock<Option<(user_agent::Extractor<'_>, os::Extractor<'_>)>> = LazyLock::new(|| {
    let patterns: Patterns<'_> = serde_json::from_str(PATTERNS).ok()?;
    let browsers = user_agent::Builder::new().push_all(patterns.user_agent_parsers).ok()?.build().ok()?;
    Some((browsers, os::Builder::new().push_all(patterns.os_parsers).ok()?.build().ok()?))
});

/// The devices of recent headers. Trying all patterns is slow, and most users send one of a few headers.
static CACHE: LazyLock<Cache<String, Device>> = LazyLock::new(|| Cache::new(CACHE_ENTRIES));
/// The size of the cache. A header has roughly a hundred bytes.
const CACHE_ENTRIES: usize = 1_000;

/// The most characters of a browser's name that its key has. An index entry of Postgres has a limit.
const KEY_CHARACTERS: usize = 100;

/// A browser's name as the filters compare it: in lower case. Empty if the browser is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrowserKey(String);

impl BrowserKey {
    /// The key of the browser that a header names.
    #[must_use]
    pub fn of_user_agent(user_agent: &str) -> Self {
        Self::of(&Device::parse(user_agent).browser.unwrap_or_default())
    }

    /// The key of a browser's name, or of its first words.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(name.trim().to_lowercase().chars().take(KEY_CHARACTERS).collect())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The range of the keys that are equal to this one or continue it with a further word, such as "firefox" with
    /// "firefox 145". The second bound is exclusive.
    #[must_use]
    pub fn bounds(&self) -> (&str, String) {
        // `!` is the character after the space.
        (&self.0, format!("{}!", self.0))
    }
}

impl Device {
    /// What kind of device it is, by its system.
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        match (&self.browser, &self.system) {
            (_, Some(system)) if OF_PHONES.contains(&system.as_str()) => DeviceKind::Phone,
            (_, Some(_)) => DeviceKind::Computer,
            (Some(_), None) => DeviceKind::Program,
            (None, None) => DeviceKind::Unknown,
        }
    }

    /// Parses a header.
    #[must_use]
    pub fn parse(user_agent: &str) -> Self {
        let Ok(device) = CACHE.get_or_insert_with(user_agent, || Ok::<_, Infallible>(Self::extract(user_agent)));
        device
    }

    fn extract(user_agent: &str) -> Self {
        let Some((browsers, systems)) = EXTRACTORS.as_ref() else { return Self::default() };
        let browser = browsers.extract(user_agent).map(|found| match found.major {
            Some(major) => format!("{} {major}", found.family),
            None => found.family.into_owned(),
        });
        let system = systems.extract(user_agent).map(|found| match found.os.as_ref() {
            "Mac OS X" => "macOS".to_owned(),
            family => family.to_owned(),
        });
        Self { browser, system }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_covers_the_same_browser_with_further_words() {
        let covers = |key: &str, other: &str| {
            let (key, other) = (BrowserKey::of(key), BrowserKey::of(other));
            let (first, after) = key.bounds();
            first <= other.as_str() && other.as_str() < after.as_str()
        };
        for (key, other) in
            [("Firefox", "firefox 145"), (" FIREFOX 145", "Firefox 145"), ("chrome", "Chrome Mobile 142")]
        {
            assert!(covers(key, other), "{key} {other}");
        }
        for (key, other) in [("Firefox 14", "Firefox 145"), ("Fire", "Firefox"), ("firefox 145", "firefox"), ("a", "")]
        {
            assert!(!covers(key, other), "{key} {other}");
        }
        assert_eq!(BrowserKey::of(&"İ".repeat(300)).as_str().chars().count(), KEY_CHARACTERS);
        assert_eq!(BrowserKey::of_user_agent("curl/8.11.0").as_str(), "curl 8");
        assert_eq!(BrowserKey::of_user_agent("").as_str(), "");
    }

    #[test]
    fn common_browsers_and_systems_are_recognized() {
        for (header, browser, system) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox 145",
                "Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome 142",
                "Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Mobile/15E148 Safari/604.1",
                "Mobile Safari 18",
                "iOS",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Safari/605.1.15",
                "Safari 18",
                "macOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Mobile Safari/537.36",
                "Chrome Mobile 142",
                "Android",
            ),
        ] {
            let device = Device { browser: Some(browser.to_owned()), system: Some(system.to_owned()) };
            assert_eq!(Device::parse(header), device, "{header}");
        }
        assert_eq!(Device::parse("curl/8.11.0").browser.as_deref(), Some("curl 8"));
        let kind = |browser: &str, system: Option<&str>| {
            let browser = Some(browser.to_owned()).filter(|browser| !browser.is_empty());
            Device { browser, system: system.map(str::to_owned) }.kind()
        };
        assert_eq!(kind("Firefox 145", Some("Windows")), DeviceKind::Computer);
        assert_eq!(kind("Mobile Safari 18", Some("iOS")), DeviceKind::Phone);
        assert_eq!(kind("curl 8", None), DeviceKind::Program);
        assert_eq!(kind("", None), DeviceKind::Unknown);
        assert_eq!(Device::parse(""), Device::default());
        assert_eq!(Device::parse("a browser of the tests"), Device::default());
    }
}
