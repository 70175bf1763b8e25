//! What a visitor's forms are bound to while there is no session.

use data_encoding::BASE64URL_NOPAD;
use rocket::Request;

use super::{VISITOR, find_in_received};
use crate::gate::Changes;

/// The bytes of the binding: 128 bits.
const BINDING_BYTES: usize = 16;

/// The binding that the browser holds, if it holds one.
pub(in crate::gate) fn held_binding(request: &Request<'_>) -> Option<String> {
    find_binding(request, |_| true)
}

/// A binding that the browser holds and for which that is so: another site on this host may have left one too.
pub(in crate::gate) fn find_binding(request: &Request<'_>, is_it: impl Fn(&str) -> bool) -> Option<String> {
    find_in_received(request, VISITOR, |value| {
        let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
        (bytes.len() == BINDING_BYTES && is_it(value)).then(|| value.to_owned())
    })
}

/// A new binding, which the browser is given.
pub(in crate::gate) fn new_binding(changes: Changes<'_>) -> String {
    changes.visitor().unwrap_or_else(|| {
        let binding = BASE64URL_NOPAD.encode(&rand::random::<[u8; BINDING_BYTES]>());
        changes.set_visitor(binding.clone());
        binding
    })
}
