//! A browser's cookie jar, kept as raw headers so that a test can check every attribute.

use std::collections::BTreeMap;

/// A parsed `Set-Cookie` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie {
    pub name: String,
    pub value: String,
    /// Attributes by lower-case name. Attributes without a value map to an empty string.
    pub attributes: BTreeMap<String, String>,
}

impl SetCookie {
    /// Parses the header.
    pub fn parse(header: &str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        let attributes = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Self { name: name.to_owned(), value: value.to_owned(), attributes }
    }

    /// Whether the cookie has this attribute.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }

    /// The value of an attribute.
    pub fn attribute(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    /// Whether the header removes the cookie.
    pub fn removes(&self) -> bool {
        self.attribute("max-age") == Some("0") && self.value.is_empty()
    }
}

/// The cookies of one browser.
#[derive(Debug, Clone, Default)]
pub struct Jar(BTreeMap<String, String>);

impl Jar {
    /// Applies a `Set-Cookie` header as a browser would. Fails the test if a browser would ignore the cookie.
    pub fn apply(&mut self, cookie: &SetCookie, is_https: bool) {
        if cookie.name.starts_with("__Host-") {
            assert!(is_https && cookie.has("secure"), "a browser rejects this cookie: {cookie:?}");
            assert_eq!((cookie.attribute("path"), cookie.has("domain")), (Some("/"), false), "{cookie:?}");
        }
        if cookie.removes() {
            self.0.remove(&cookie.name);
        } else {
            self.0.insert(cookie.name.clone(), cookie.value.clone());
        }
    }

    /// The value of a cookie.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets a cookie by hand.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Removes a cookie by hand.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The cookies that a request sends.
    pub fn sent(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
