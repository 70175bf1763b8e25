//! What the logins of the site are searched by.

use super::user_agent::Device;
use crate::domain::{address_key::AddressKey, people::text::comparison_key};

/// The most characters of a browser or system that are compared. Those that people know have fewer.
const CHARACTERS: usize = 100;

/// What a login is searched by, derived from its address and user agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginTraits {
    /// The address.
    pub address: AddressKey,
    /// The browser.
    pub browser: DeviceName,
    /// The operating system.
    pub system: DeviceName,
}

impl LoginTraits {
    /// Derives the traits.
    #[must_use]
    pub fn of(address: &str, user_agent: &str) -> Self {
        // Without a user agent, such as at the command line, the patterns need not be compiled.
        let Device { browser, system } =
            if user_agent.is_empty() { Device::default() } else { Device::parse(user_agent) };
        let name = |text: Option<String>| DeviceName::of(&text.unwrap_or_default());
        Self { address: AddressKey::of(address), browser: name(browser), system: name(system) }
    }
}

/// The name of a browser or an operating system, as a comparison key. Empty if it is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// The word for browsers and systems that are not known.
    pub const UNKNOWN: &'static str = "unknown";

    /// The key of a name such as "Firefox 145", as people read it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let key = comparison_key(name);
        if key == Self::UNKNOWN { Self(String::new()) } else { Self(key.chars().take(CHARACTERS).collect()) }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bounds of the names that begin with this one and a version: the first is included, the second is not.
    /// "Chrome" has the version "Chrome 142", but not "Chrome Mobile 142".
    #[must_use]
    pub fn versions(&self) -> [String; 2] {
        // The colon is the character after the digits.
        [format!("{} 0", self.0), format!("{} :", self.0)]
    }

    /// Whether a login with the name `other` is found by this one: the same name, or a version of it. The SQL of
    /// a filter is tested against it.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        let [first, end] = self.versions();
        *self == *other || (first <= other.0 && other.0 < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_includes_its_versions_and_no_other_name() {
        let of = DeviceName::of;
        for (asked, found, others) in [
            ("CHROME", ["chrome", "Chrome 142"], ["Chrome Mobile 142", "Chromecast"]),
            ("firefox 145", ["Firefox 145", "firefox 145"], ["Firefox 14", "Firefox 1455"]),
            ("Unknown", ["", "unknown"], ["Firefox 145", "0"]),
        ] {
            assert!(found.iter().all(|name| of(asked).includes(&of(name))), "{asked}");
            assert!(!others.iter().any(|name| of(asked).includes(&of(name))), "{asked}");
        }
    }
}
