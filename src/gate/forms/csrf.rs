//! The token of every form, bound to the session, or to the visitor while there is none; and the
//! check of where a form was posted from.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rocket::Request;
use sha2::Sha256;

use crate::{
    gate::{
        Changes, Gate, LiveLogin, Login,
        cookies::visitor::{find_binding, held_binding, new_binding},
        login_of,
        transport::{gate, is_https},
    },
    settings::{SecretKeys, SecretMaterial},
};

/// The hidden field that carries the token.
pub(super) const FIELD: &str = "csrf_token";

/// The keys that tokens are made with. The previous ones are read too: a form that was open while the
/// secret key was changed, or that another node has served, is still a form of this site.
pub(crate) struct CsrfKeys {
    current: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
}

impl fmt::Debug for CsrfKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfKeys")
    }
}

impl CsrfKeys {
    pub(in crate::gate) fn new(keys: &SecretKeys) -> Self {
        Self { current: keyed(&keys.current), previous: keys.previous.iter().map(keyed).collect() }
    }

    fn make(&self, message: &str) -> String {
        BASE64URL_NOPAD.encode(&mac(&self.current, message).finalize().into_bytes())
    }

    /// Compared in constant time.
    fn have_made(&self, bytes: &[u8], message: &str) -> bool {
        [&self.current].into_iter().chain(&self.previous).any(|key| mac(key, message).verify_slice(bytes).is_ok())
    }
}

/// Where the forms of a page get their token from.
#[derive(Debug, Clone)]
pub struct Csrf<'r> {
    gate: Option<&'r Gate>,
    login: &'r Login,
    held: Option<String>,
    changes: Changes<'r>,
}

impl<'r> Csrf<'r> {
    /// The source for the forms of this request's page.
    pub async fn of(request: &'r Request<'_>) -> Self {
        Self {
            gate: gate(request),
            login: login_of(request).await,
            held: held_binding(request),
            changes: Changes::of(request),
        }
    }

    /// The token: of the session, or of the visitor, who gets a binding if they hold none. A new
    /// session has a new token.
    #[must_use]
    pub fn token(&self) -> String {
        let Some(gate) = self.gate else { return String::new() };
        let message = match self.login {
            Login::Live(login) => of_session(login),
            _ => of_visitor(&self.held.clone().unwrap_or_else(|| new_binding(self.changes))),
        };
        gate.csrf_keys.make(&message)
    }

    /// The same, but none for a visitor: their page has no form, and needs no cookie.
    #[must_use]
    pub fn token_of_session(&self) -> Option<String> {
        matches!(self.login, Login::Live(_)).then(|| self.token())
    }
}

fn of_session(login: &LiveLogin) -> String {
    format!("session {}", login.session.as_str())
}

fn of_visitor(binding: &str) -> String {
    format!("visitor {binding}")
}

/// Whether a posted token is the one of whoever is asking.
pub(super) fn is_token_of(request: &Request<'_>, login: &Login, token: &str) -> bool {
    let (Some(gate), Ok(bytes)) = (gate(request), BASE64URL_NOPAD.decode(token.as_bytes())) else { return false };
    let have_made = |message: &str| gate.csrf_keys.have_made(&bytes, message);
    match login {
        Login::Live(login) => have_made(&of_session(login)),
        _ => find_binding(request, |binding| have_made(&of_visitor(binding))).is_some(),
    }
}

/// Whether the browser says that the form was on a page of this site. A client that says nothing
/// is no browser of today, and has the token to show.
pub(super) fn is_posted_from_here(request: &Request<'_>) -> bool {
    let headers = request.headers();
    headers.get("Sec-Fetch-Site").all(|site| matches!(site, "same-origin" | "none"))
        && headers.get("Origin").all(|origin| is_own(request, origin))
}

/// Whether an origin is this site's.
pub(super) fn is_own(request: &Request<'_>, origin: &str) -> bool {
    let base_url = gate(request).and_then(|gate| gate.settings.base_url.as_ref());
    match (base_url, request.headers().get_one("Host")) {
        (Some(base_url), _) => origin.eq_ignore_ascii_case(base_url.as_str()),
        // A proxy that is not named among the trusted ones may hide the scheme, never the host.
        (None, Some(host)) => ["http://", "https://"]
            .iter()
            .filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|own| own.eq_ignore_ascii_case(host)),
        (None, None) => false,
    }
}

/// Where this site is: at `base_url`, or else at the host that was asked for.
pub(crate) fn own_origin(request: &Request<'_>) -> String {
    if let Some(base_url) = gate(request).and_then(|gate| gate.settings.base_url.as_ref()) {
        return base_url.as_str().to_owned();
    }
    let scheme = if is_https(request) { "https" } else { "http" };
    format!("{scheme}://{}", request.headers().get_one("Host").unwrap_or_default())
}

/// What every token begins with: a key, worked in.
fn keyed(key: &SecretMaterial) -> Hmac<Sha256> {
    Hmac::new(&key.derive("curfew csrf token").into())
}

fn mac(key: &Hmac<Sha256>, message: &str) -> Hmac<Sha256> {
    key.clone().chain_update(message.as_bytes())
}
