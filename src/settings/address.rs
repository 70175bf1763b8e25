//! The addresses of the database, of Redis and of the site itself.
//!
//! An address may hold a password, so its `Debug` output shows only the scheme.

use std::{fmt, path::Path};

use crate::domain::path_prefix::PathPrefix;

/// The address of a database.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseAddress(String);

impl DatabaseAddress {
    /// Parses `sqlite:PATH` or `postgres://…`. The store checks the rest when it opens the database.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_file = text
            .strip_prefix("sqlite:")
            .is_some_and(|path| !path.is_empty() && !path.contains(":memory:") && !path.contains("mode=memory"));
        let is_server = text.starts_with("postgres://") || text.starts_with("postgresql://");
        (is_file || is_server).then(|| Self(text.to_owned()))
    }

    /// The whole address, for the pool.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The database file. `None` for Postgres.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        let path = self.0.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(Path::new(path.split('?').next().unwrap_or(path)))
    }

    /// The folder of the database file. `None` for Postgres.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        let folder = self.file()?.parent()?;
        Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:…", self.0.split(':').next().unwrap_or_default())
    }
}

/// The address of a Redis server.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisAddress(String);

impl RedisAddress {
    /// Parses `redis://…`, or `rediss://…` for TLS.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        let is_valid = matches!(scheme, "redis" | "rediss") && !host.is_empty() && is_understood(text);
        is_valid.then(|| Self(text.to_owned()))
    }

    /// The whole address, for the connection.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether the crate for Redis can connect to the address.
#[cfg(feature = "redis")]
fn is_understood(text: &str) -> bool {
    redis::IntoConnectionInfo::into_connection_info(text).is_ok()
}

/// The settings refuse every address in a program without Redis.
#[cfg(not(feature = "redis"))]
const fn is_understood(_: &str) -> bool {
    true
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:…", self.0.split(':').next().unwrap_or_default())
    }
}

/// An address as seen from outside, such as the site's own: scheme, host and port, and maybe a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    address: String,
    path: PathPrefix,
}

impl BaseUrl {
    /// Parses an address such as `https://example.org` or `https://example.org/accounts`. A trailing slash is removed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let after_scheme = text.find("://")? + "://".len();
        let end = text[after_scheme..].find('/').map_or(text.len(), |at| after_scheme + at);
        let (origin, path) = (text[..end].to_lowercase(), PathPrefix::parse(&text[end..])?);
        let uri = rocket::http::uri::Absolute::parse(&origin).ok()?;
        let is_web = matches!(uri.scheme(), "http" | "https");
        let is_bare = uri.path().is_empty() && uri.query().is_none();
        let has_host =
            uri.authority().is_some_and(|authority| !authority.host().is_empty() && authority.user_info().is_none());
        // Browsers leave out the default port in the `Origin` header.
        let default_port = if uri.scheme() == "https" { ":443" } else { ":80" };
        let origin = origin.strip_suffix(default_port).unwrap_or(&origin).to_owned();
        (is_web && is_bare && has_host).then(|| Self { address: format!("{origin}{}", path.as_str()), path })
    }

    /// Parses an origin: an address without a path.
    #[must_use]
    pub fn parse_origin(text: &str) -> Option<Self> {
        Self::parse(text).filter(|address| address.path.is_root())
    }

    /// The whole address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The origin, as browsers send it in the `Origin` header.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.address.strip_suffix(self.path.as_str()).unwrap_or(&self.address)
    }

    /// The path: where a proxy has the site.
    #[must_use]
    pub const fn path(&self) -> &PathPrefix {
        &self.path
    }

    /// The host, without the port. An IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.origin().split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// Whether the scheme is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.address.starts_with("https://")
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_origin_and_maybe_a_path() {
        for (text, origin, path) in [
            ("https://Example.org/", "https://example.org", ""),
            ("https://example.org", "https://example.org", ""),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ""),
            ("https://example.org:443", "https://example.org", ""),
            ("http://example.org:80/", "http://example.org", ""),
            ("https://example.org:80", "https://example.org:80", ""),
            ("http://[::1]:80", "http://[::1]", ""),
            ("https://Example.org/Accounts/", "https://example.org", "/Accounts"),
            ("https://example.org:443/a/b", "https://example.org", "/a/b"),
        ] {
            let parsed = BaseUrl::parse(text).expect(text);
            assert_eq!((parsed.origin(), parsed.path().as_str()), (origin, path), "{text}");
            assert_eq!(BaseUrl::parse_origin(text).is_some(), path.is_empty(), "{text}");
        }
        for (text, host) in [
            ("https://a.example/a", "a.example"),
            ("http://a:8000", "a"),
            ("http://[::1]:8", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(BaseUrl::parse(text).as_ref().map(BaseUrl::host), Some(host), "{text}");
        }
        for text in [
            "example.org",
            "ftp://example.org",
            "https://example.org//",
            "https://example.org/a/../b",
            "https://a@example.org",
            "https://example.org?x",
            "https://example.org/a?x",
            "https:///a",
            "",
        ] {
            assert_eq!(BaseUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_password_of_a_database_address() {
        let address = DatabaseAddress::parse("postgres://ana:tangerine@localhost/curfew");
        assert!(!format!("{address:?}").contains("tangerine"));
        assert_eq!(DatabaseAddress::parse("sqlite::memory:"), None);
        assert_eq!(DatabaseAddress::parse("mysql://x"), None);
        let address = DatabaseAddress::parse("sqlite://var/a.db?mode=rwc");
        assert_eq!(address.as_ref().and_then(DatabaseAddress::folder), Some(Path::new("var")));
        assert_eq!(address.as_ref().and_then(DatabaseAddress::file), Some(Path::new("var/a.db")));
    }
}
