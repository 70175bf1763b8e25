//! CSRF protection: a token in every form, and a check of the origin that a form was posted from.
//!
//! A token must be bound to the session. A visitor has no session, so the visitor's token is bound to a random value in
//! a cookie, the binding.
//!
//! Each page masks the token anew. Otherwise the lengths of compressed pages could reveal it byte by byte, because a
//! page also repeats text from its address (BREACH, <https://breachattack.com>).

use std::{convert::Infallible, fmt};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rocket::{
    Ignite, Request, Rocket, Sentinel,
    request::{FromRequest, Outcome},
};
use sha2::Sha256;

use crate::{
    domain::logins::public_id::PublicId,
    gate::{
        Changes, Gate, LiveLogin, Login,
        attached::is_without_curfew,
        cookies::visitor::{find_binding, held_binding, new_binding},
        login_of,
        root::is_for_secret,
        transport::{gate, is_https},
    },
    settings::{SecretKeys, SecretMaterial},
};

/// The hidden form field of the token.
pub const FIELD: &str = "csrf_token";
/// The length of an HMAC with SHA-256.
const SIGNATURE_BYTES: usize = 32;

/// The keys of the tokens. The current one signs. The previous ones still verify, so that a form stays valid if it was
/// open while the secret key changed, or if a node with another current key served it.
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
        Self { current: hmac_of(&keys.current), previous: keys.previous.iter().map(hmac_of).collect() }
    }

    /// The token: a random mask, and the signature under that mask.
    fn sign(&self, message: &str) -> String {
        let mask: [u8; SIGNATURE_BYTES] = rand::random();
        let signature = mac(&self.current, message).finalize().into_bytes();
        BASE64URL_NOPAD.encode(&[mask, under_mask(mask, signature.into())].concat())
    }

    /// Compares in constant time.
    fn verify(&self, token: &Token, message: &str) -> bool {
        let signature = &token.0;
        [&self.current].into_iter().chain(&self.previous).any(|key| mac(key, message).verify_slice(signature).is_ok())
    }
}

/// The signature of a posted token.
struct Token([u8; SIGNATURE_BYTES]);

impl Token {
    fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (mask, masked) = bytes.split_at_checked(SIGNATURE_BYTES)?;
        Some(Self(under_mask(mask.try_into().ok()?, masked.try_into().ok()?)))
    }
}

/// Masks a signature, or removes the mask.
fn under_mask(mask: [u8; SIGNATURE_BYTES], signature: [u8; SIGNATURE_BYTES]) -> [u8; SIGNATURE_BYTES] {
    std::array::from_fn(|at| mask[at] ^ signature[at])
}

/// Creates the token for the forms of a page.
#[derive(Debug, Clone)]
pub struct Csrf<'r> {
    gate: Option<&'r Gate>,
    login: &'r Login,
    binding: Option<String>,
    changes: Changes<'r>,
}

impl<'r> Csrf<'r> {
    /// For the page that answers this request.
    pub async fn of(request: &'r Request<'_>) -> Self {
        Self {
            gate: gate(request),
            login: login_of(request).await,
            binding: held_binding(request),
            changes: Changes::of(request),
        }
    }

    /// The token of the session, or of the visitor. A visitor without a binding gets one. A new session has a new
    /// token.
    #[must_use]
    pub fn token(&self) -> String {
        let Some(gate) = self.gate else { return String::new() };
        let message = match self.login {
            Login::Live(login) => session_message(login),
            _ => visitor_message(&self.binding.clone().unwrap_or_else(|| new_binding(&gate.cookie_keys, self.changes))),
        };
        gate.csrf_keys.sign(&message)
    }

    /// The token of the session. `None` for a visitor, so that pages without a form set no cookie.
    #[must_use]
    pub fn session_token(&self) -> Option<String> {
        matches!(self.login, Login::Live(_)).then(|| self.token())
    }
}

impl Sentinel for Csrf<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_without_curfew(rocket)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Csrf<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request).await)
    }
}

fn session_message(login: &LiveLogin) -> String {
    message_of_session(&login.session)
}

fn message_of_session(session: &PublicId) -> String {
    format!("session {}", session.as_str())
}

/// The token of a session's forms.
#[cfg(feature = "testing")]
pub(in crate::gate) fn token_of_session(keys: &CsrfKeys, session: &PublicId) -> String {
    keys.sign(&message_of_session(session))
}

fn visitor_message(binding: &str) -> String {
    format!("visitor {binding}")
}

/// Whether a posted token belongs to the session, or to a binding of the visitor.
pub(super) fn is_valid_token(request: &Request<'_>, login: &Login, token: &str) -> bool {
    let (Some(gate), Some(token)) = (gate(request), Token::parse(token)) else { return false };
    let is_valid_for = |message: &str| gate.csrf_keys.verify(&token, message);
    match login {
        Login::Live(login) => is_valid_for(&session_message(login)),
        _ => find_binding(request, |binding| is_valid_for(&visitor_message(binding))).is_some(),
    }
}

/// Whether `Sec-Fetch-Site` and `Origin` show that the form was on a page of this site. A client without both headers
/// passes: current browsers send them, and the token protects the others.
pub(super) fn is_posted_from_here(request: &Request<'_>) -> bool {
    let headers = request.headers();
    // A page under a secret address sends no referrer, and then its forms have the origin `null` (Fetch Standard,
    // "serializing a request origin"). Other pages can have it too, so the browser must not name another site. Browsers
    // leave `Sec-Fetch-Site` out over plain HTTP (Fetch Metadata, section 2.1): then the token decides.
    let is_null_from_here = |origin: &str| {
        origin == "null" && headers.get("Sec-Fetch-Site").all(|site| site == "same-origin") && is_for_secret(request)
    };
    headers.get("Sec-Fetch-Site").all(|site| matches!(site, "same-origin" | "none"))
        && headers.get("Origin").all(|origin| is_own_origin(request, origin) || is_null_from_here(origin))
}

/// Whether an `Origin` is this site's.
pub(super) fn is_own_origin(request: &Request<'_>, origin: &str) -> bool {
    let base_url = gate(request).and_then(|gate| gate.settings.base_url.as_ref());
    match (base_url, request.headers().get_one("Host")) {
        (Some(base_url), _) => origin.eq_ignore_ascii_case(base_url.origin()),
        // Accepts both schemes: a proxy that is not listed as trusted may hide the scheme, but never the host.
        (None, Some(host)) => ["http://", "https://"]
            .iter()
            .filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|own| own.eq_ignore_ascii_case(host)),
        (None, None) => false,
    }
}

/// This site's origin: `base_url`, or without it the scheme and `Host` of the request.
pub(crate) fn site_origin(request: &Request<'_>) -> String {
    if let Some(base_url) = gate(request).and_then(|gate| gate.settings.base_url.as_ref()) {
        return base_url.origin().to_owned();
    }
    let scheme = if is_https(request) { "https" } else { "http" };
    format!("{scheme}://{}", request.headers().get_one("Host").unwrap_or_default())
}

/// An HMAC with the key set up, to clone for each token.
fn hmac_of(key: &SecretMaterial) -> Hmac<Sha256> {
    Hmac::new(&key.derive("curfew csrf token").into())
}

fn mac(key: &Hmac<Sha256>, message: &str) -> Hmac<Sha256> {
    key.clone().chain_update(message.as_bytes())
}
