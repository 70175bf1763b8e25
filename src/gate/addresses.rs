//! The site's paths that the gate must know. The site passes them in, so the gate itself names no page.

use std::borrow::Cow;

use rocket::{Request, http::RawStr};

use crate::accounts::Target;

/// The site's paths that the gate must know. Pass them to Rocket's `manage`.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The page to open after a login.
    pub home: &'static str,
    /// The prefixes of the login, registration and similar pages. After a login, the user is never sent back to one.
    pub entry: &'static [&'static str],
    /// The prefix of the API. Events never contain its paths, because a program may put anything into a path, even a
    /// token.
    pub api: &'static str,
    /// The prefixes of addresses that end with a secret. The rest of such an address is in no event, log or page, and
    /// browsers pass it on to no other page.
    pub secret: &'static [&'static str],
    /// Returns the account that a request is about. The event of a refused request names this account.
    pub subject: fn(&Request<'_>) -> Option<Target>,
}

impl Addresses {
    /// The paths that the site passed to `manage`. Without them, there are no entry pages and no subjects.
    pub(super) fn of(request: &Request<'_>) -> Self {
        let fallback = Self { home: "/", entry: &[], api: "/api/", secret: &[], subject: |_| None };
        request.rocket().state().copied().unwrap_or(fallback)
    }

    /// Whether the path ends with a secret, also in a spelling that leads nowhere or that only Rocket understands:
    /// `//email/VERIFY/…`, `/email/%76erify/…`. Whoever mistypes a link has the same secret.
    #[must_use]
    pub fn is_secret(&self, path: &str) -> bool {
        self.secret.iter().any(|prefix| rest_after(prefix, path).is_some_and(|rest| rest > 0))
    }

    /// A path for events and the log: without its secret.
    #[must_use]
    pub fn without_secret<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let secret = self.secret.iter().find(|prefix| rest_after(prefix, path).is_some());
        secret.map_or(Cow::Borrowed(path), |prefix| Cow::Owned(format!("{prefix}\u{2026}")))
    }
}

/// How many segments the path has after the prefix. `None` if it does not begin with the prefix. Case, empty segments and
/// percent-encoding make no difference.
fn rest_after(prefix: &str, path: &str) -> Option<usize> {
    let mut rest = path.split(['/', '\\']).filter(|segment| !matches!(*segment, "" | "."));
    let is_next = |segment: &str| {
        rest.next().is_some_and(|own| RawStr::new(own).percent_decode_lossy().eq_ignore_ascii_case(segment))
    };
    prefix.split('/').filter(|segment| !segment.is_empty()).all(is_next).then(|| rest.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESSES: Addresses =
        Addresses { home: "/", entry: &[], api: "/api/", secret: &["/not-me/", "/email/verify/"], subject: |_| None };

    #[test]
    fn a_secret_is_left_out_however_its_address_is_spelled() {
        for path in [
            "/email/verify/TOKEN",
            "//email/verify/TOKEN",
            "/EMAIL/Verify/TOKEN",
            "/email//verify///TOKEN",
            "/email/./verify/TOKEN",
            "/email/%76%45rify/TOKEN",
            "/email/verify/TOKEN/and/more",
            "\\email\\verify\\TOKEN",
        ] {
            assert!(ADDRESSES.is_secret(path), "{path}");
            assert_eq!(ADDRESSES.without_secret(path), "/email/verify/\u{2026}", "{path}");
        }
        for path in ["/email/verify", "/email", "/", "", "/verify/TOKEN", "/email/verified/TOKEN", "/x/not-me/TOKEN"] {
            assert!(!ADDRESSES.is_secret(path), "{path}");
        }
        assert_eq!(ADDRESSES.without_secret("/Account"), "/Account");
    }
}
