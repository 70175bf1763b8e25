//! What a browser gets at a login, for the tests of a host.

use rocket::{Orbit, Rocket, http::Cookie};

use super::{
    Gate,
    cookies::{SESSION, claim::Content},
    forms::csrf::token_of_session,
};
use crate::{accounts::StartedSession, settings::SecureCookies};

/// The session cookie of a login.
pub(crate) fn session_cookie_of(rocket: &Rocket<Orbit>, started: &StartedSession) -> Option<Cookie<'static>> {
    let gate = rocket.state::<Gate>()?;
    let is_https = gate.settings.base_url.as_ref().is_some_and(crate::settings::BaseUrl::is_https);
    let name = match gate.settings.secure_cookies {
        SecureCookies::Always => SESSION.secure,
        SecureCookies::Auto if is_https => SESSION.secure,
        SecureCookies::Auto | SecureCookies::Never => SESSION.plain,
    };
    Some(Cookie::new(name, gate.cookie_keys.encrypt_session(name, &Content::of(started))))
}

/// A CSRF token for the forms of a login.
pub(crate) fn csrf_token_of(rocket: &Rocket<Orbit>, started: &StartedSession) -> Option<String> {
    Some(token_of_session(&rocket.state::<Gate>()?.csrf_keys, &started.id))
}
