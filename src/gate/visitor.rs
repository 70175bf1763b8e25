//! What a visitor's forms are bound to while there is no session.

use data_encoding::BASE64URL_NOPAD;
use rocket::Request;

use super::{
    Changes,
    cookies::{VISITOR, received},
};

/// The bytes of the binding: 128 bits.
const BINDING_BYTES: usize = 16;

/// The binding that the browser holds, if it holds one.
pub(super) fn held_binding(request: &Request<'_>) -> Option<String> {
    let value = received(request, VISITOR)?;
    let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
    (bytes.len() == BINDING_BYTES).then(|| value.to_owned())
}

/// A new binding, which the browser is given.
pub(super) fn new_binding(changes: Changes<'_>) -> String {
    changes.visitor().unwrap_or_else(|| {
        let binding = BASE64URL_NOPAD.encode(&rand::random::<[u8; BINDING_BYTES]>());
        changes.set_visitor(binding.clone());
        binding
    })
}
