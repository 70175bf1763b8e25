//! The site's paths that the gate must know. The site passes them in, so the gate itself names no page.

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
    /// Returns the account that a request is about. The event of a refused request names this account.
    pub subject: fn(&Request<'_>) -> Option<Target>,
}

impl Addresses {
    /// The paths that the site passed to `manage`. Without them, there are no entry pages and no subjects.
    pub(super) fn of(request: &Request<'_>) -> Self {
        let fallback = Self { home: "/", entry: &[], api: "/api/", subject: |_| None };
        request.rocket().state().copied().unwrap_or(fallback)
    }
}
