//! Where the site's own pages are, below the root of the server.
//!
//! Code and templates name a page by its site path, such as `/login`. Only what leaves the site, or comes from a browser,
//! is under the root: links, redirects, `Referer`, and the paths of requests.

use std::borrow::Cow;

use rocket::Request;

use super::{Addresses, transport::gate};
use crate::domain::path_prefix::PathPrefix;

/// Where the site's own pages are. By default, at the root of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Root {
    /// Where Rocket has the pages.
    mount: PathPrefix,
    /// Where browsers see Rocket's root: the path of `base_url`, which a proxy removes.
    proxy: PathPrefix,
    /// Where browsers see the pages: `proxy`, then `mount`.
    seen: PathPrefix,
}

impl Root {
    /// Pages below `mount`, on a server that browsers see below `proxy`.
    pub(crate) fn new(mount: PathPrefix, proxy: PathPrefix) -> Self {
        Self { seen: proxy.followed_by(&mount), mount, proxy }
    }

    /// The root of the site that answers this request.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Option<&'r Self> {
        gate(request).map(|gate| &gate.root)
    }

    /// Where to mount the pages.
    pub(crate) fn mount_point(&self) -> &str {
        if self.mount.is_root() { "/" } else { self.mount.as_str() }
    }

    /// Whether the pages have a path of their own, apart from those of the host.
    pub(crate) const fn is_apart(&self) -> bool {
        !self.mount.is_root()
    }

    /// The number of leading path segments that belong to the mount.
    pub(crate) fn mount_segments(&self) -> usize {
        self.mount.as_str().matches('/').count()
    }

    /// What a link to a page of the site begins with.
    pub(crate) fn seen(&self) -> &str {
        self.seen.as_str()
    }

    /// The site path of a path on this server. `None` if it is outside.
    pub(crate) fn own_path<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.mount.rest_of(path)
    }

    /// The site path of an address that a browser shows. `None` if it is outside.
    pub(crate) fn own_path_of_seen<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.seen.rest_of(path)
    }

    /// The path on this server of an address that a browser shows.
    pub(crate) fn on_server<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.proxy.rest_of(path)
    }

    /// The address that browsers show for a path on this server.
    pub(crate) fn shown<'p>(&self, path_on_server: &'p str) -> Cow<'p, str> {
        if self.proxy.is_root() {
            return path_on_server.into();
        }
        format!("{}{path_on_server}", self.proxy.as_str()).into()
    }

    /// The address that browsers show for a site path.
    pub(crate) fn link(&self, own_path: &str) -> String {
        format!("{}{own_path}", self.seen.as_str())
    }
}

/// The site path of a request. `None` for a page of the host.
pub(crate) fn own_path<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    Root::of(request)?.own_path(request.uri().path().as_str())
}

/// Whether a request is for an address of the site that ends with a secret.
pub(crate) fn is_for_secret(request: &Request<'_>) -> bool {
    own_path(request).is_some_and(|own| Addresses::of(request).is_secret(own))
}

/// The request's path as events and the log record it: without its secret.
pub(crate) fn named_path<'r>(request: &'r Request<'_>) -> Cow<'r, str> {
    match own_path(request) {
        Some(own) => Addresses::of(request).without_secret(own),
        None => request.uri().path().as_str().into(),
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn paths_are_translated_between_the_site_the_server_and_the_browser() {
        let prefix = |text| PathPrefix::parse(text).expect("a prefix");
        let root = Root::new(prefix("/auth/"), prefix("/shop"));
        assert_eq!(root.mount_point(), "/auth");
        assert_eq!(root.link("/login?next=%2F"), "/shop/auth/login?next=%2F");
        assert_eq!(root.shown("/garden"), "/shop/garden");
        assert_eq!(root.own_path("/auth/login"), Some("/login"));
        assert_eq!(root.own_path("/auth"), Some("/"));
        assert_eq!(root.own_path("/author"), None);
        assert_eq!(root.own_path("/garden"), None);
        assert_eq!(root.own_path_of_seen("/shop/auth/login?a"), Some("/login?a"));
        assert_eq!(root.own_path_of_seen("/auth/login"), None);
        assert_eq!(root.on_server("/shop/garden"), Some("/garden"));

        let root = Root::default();
        assert_eq!((root.mount_point(), root.is_apart()), ("/", false));
        assert_eq!((root.link("/login"), root.own_path("/login")), ("/login".to_owned(), Some("/login")));
    }
}
