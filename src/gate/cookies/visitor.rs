//! The random value that a visitor's CSRF tokens are bound to, because visitors have no session.

use data_encoding::BASE64URL_NOPAD;
use rocket::Request;

use super::{VISITOR, find_cookie};
use crate::gate::Changes;

/// The length of a binding, in bytes: 128 bits.
const BINDING_BYTES: usize = 16;

/// The binding in the browser's cookie, if any.
pub(in crate::gate) fn held_binding(request: &Request<'_>) -> Option<String> {
    find_binding(request, |_| true)
}

/// The first of the browser's bindings that `accepts` approves. Another site on this host may have set one too.
pub(in crate::gate) fn find_binding(request: &Request<'_>, accepts: impl Fn(&str) -> bool) -> Option<String> {
    find_cookie(request, VISITOR, |value| {
        let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
        (bytes.len() == BINDING_BYTES && accepts(value)).then(|| value.to_owned())
    })
}

/// Creates a binding, and states the cookie that carries it. Returns the same binding for the rest of the request.
pub(in crate::gate) fn new_binding(changes: Changes<'_>) -> String {
    changes.visitor().unwrap_or_else(|| {
        let binding = BASE64URL_NOPAD.encode(&rand::random::<[u8; BINDING_BYTES]>());
        changes.set_visitor(binding.clone());
        binding
    })
}
