//! The paths of the site that the gate must know. The gate itself contains no page's path.

use rocket::Request;

use crate::accounts::Target;

/// The paths of a site. Pass them to Rocket's `manage`.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The page to open after a login.
    pub home: &'static str,
    /// The prefixes of the login, registration and similar pages. A login never returns to one of them.
    pub entry: &'static [&'static str],
    /// The prefix of the API. Its paths are never recorded in events, because a program may put anything into a path,
    /// even a token.
    pub api: &'static str,
    /// Returns the account that a request is about, for the event of a refused attempt.
    pub subject: fn(&Request<'_>) -> Option<Target>,
}

impl Addresses {
    /// The addresses of the request's site. A site that manages none has no entry pages and no subjects.
    pub(super) fn of(request: &Request<'_>) -> Self {
        let none = Self { home: "/", entry: &[], api: "/api/", subject: |_| None };
        request.rocket().state().copied().unwrap_or(none)
    }
}
