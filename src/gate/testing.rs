//! What a browser gets at a login, for the tests of a host.

use rocket::{Orbit, Rocket, http::Cookie};

use super::{
    Gate,
    cookies::{claim::Content, names::Name},
    forms::csrf::token_of_session,
};
use crate::{accounts::StartedSession, settings::SecureCookies};

/// The session cookie of a login.
pub(crate) fn session_cookie_of(rocket: &Rocket<Orbit>, started: &StartedSession) -> Option<Cookie<'static>> {
    let gate = rocket.state::<Gate>()?;
    let is_https = gate.settings.base_url.as_ref().is_some_and(crate::settings::BaseUrl::is_https);
    let is_secure = match gate.settings.secure_cookies {
        SecureCookies::Always => true,
        SecureCookies::Auto => is_https,
        SecureCookies::Never => false,
    };
    let name = gate.cookie_names.get(Name::Session, is_secure);
    Some(Cookie::new(name.to_owned(), gate.cookie_keys.encrypt_session(name, &Content::of(started))))
}

/// A CSRF token for the forms of a login.
pub(crate) fn csrf_token_of(rocket: &Rocket<Orbit>, started: &StartedSession) -> Option<String> {
    Some(token_of_session(&rocket.state::<Gate>()?.csrf_keys, &started.id))
}
