//! The site's paths that the gate must know. The site passes them in, so the gate itself names no page.

use std::borrow::Cow;

use rocket::Request;

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

    /// Whether the path ends with a secret.
    #[must_use]
    pub fn is_secret(&self, path: &str) -> bool {
        self.secret.iter().any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
    }

    /// A path for events and the log: without its secret.
    #[must_use]
    pub fn without_secret<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let secret = self.secret.iter().find(|prefix| path.starts_with(*prefix));
        secret.map_or(Cow::Borrowed(path), |prefix| Cow::Owned(format!("{prefix}\u{2026}")))
    }
}
