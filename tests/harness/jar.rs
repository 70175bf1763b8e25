//! A browser's cookie jar, over the headers themselves, so that a test can look at every attribute.

use std::collections::BTreeMap;

/// One `Set-Cookie` header, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its attributes, their names in small letters; those without a value have an empty one.
    pub attributes: BTreeMap<String, String>,
}

impl SetCookie {
    /// Takes a header apart.
    pub fn parse(header: &str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        let attributes = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Self { name: name.to_owned(), value: value.to_owned(), attributes }
    }

    /// Whether it has that attribute.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }

    /// The value of an attribute.
    pub fn attribute(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    /// Whether it takes the cookie away.
    pub fn removes(&self) -> bool {
        self.attribute("max-age") == Some("0") && self.value.is_empty()
    }
}

/// The cookies that a browser holds.
#[derive(Debug, Clone, Default)]
pub struct Jar(BTreeMap<String, String>);

impl Jar {
    /// Does as a browser does with a `Set-Cookie`; one that a browser would ignore fails the test.
    pub fn apply(&mut self, cookie: &SetCookie, is_https: bool) {
        if cookie.name.starts_with("__Host-") {
            assert!(is_https && cookie.has("secure"), "a browser keeps no such cookie: {cookie:?}");
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

    /// Puts a cookie in by hand.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Takes a cookie out by hand.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What a request sends.
    pub fn sent(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
