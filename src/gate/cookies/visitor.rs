//! The random value that a visitor's CSRF tokens are bound to, because visitors have no session.
//!
//! It is encrypted only so that this site recognises its own. Another Curfew on the same host sets the same cookie. This
//! site then uses that value too, and never replaces or removes it, because the forms of the other site need it.

use std::ops::RangeInclusive;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use rocket::Request;

use super::{find_cookie, names::Name, session_cookie::CookieKeys};
use crate::gate::Changes;

/// The length of the random part, in bytes: 128 bits.
const RANDOM_BYTES: usize = 16;
/// What a binding is encrypted for. It is the same for each name of the cookie.
const BINDING_KEY: &str = "curfew-visitor";
/// The length of an encrypted binding, in bytes. A shorter value could be guessed.
const BINDING_BYTES: RangeInclusive<usize> = RANDOM_BYTES..=128;

/// The binding in the browser's cookie, if any.
pub(in crate::gate) fn held_binding(request: &Request<'_>) -> Option<String> {
    find_binding(request, |_| true)
}

/// The first of the browser's bindings that `accepts` approves.
pub(in crate::gate) fn find_binding(request: &Request<'_>, accepts: impl Fn(&str) -> bool) -> Option<String> {
    find_cookie(request, Name::Visitor, |value| {
        let bytes = BASE64.decode(value.as_bytes()).ok()?;
        (BINDING_BYTES.contains(&bytes.len()) && accepts(value)).then(|| value.to_owned())
    })
}

/// Whether the browser has a binding of this site.
pub(super) fn holds_own_binding(request: &Request<'_>, keys: &CookieKeys) -> bool {
    find_binding(request, |value| keys.decrypt(BINDING_KEY, value).is_some()).is_some()
}

/// Creates a binding, and states the cookie that carries it. Returns the same binding for the rest of the request.
pub(in crate::gate) fn new_binding(keys: &CookieKeys, changes: Changes<'_>) -> String {
    changes.visitor().unwrap_or_else(|| {
        let random = BASE64URL_NOPAD.encode(&rand::random::<[u8; RANDOM_BYTES]>());
        let binding = keys.encrypt(BINDING_KEY, random);
        changes.set_visitor(binding.clone());
        binding
    })
}
