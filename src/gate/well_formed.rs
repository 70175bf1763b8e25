//! Finds requests that a proxy and Rocket could read differently. Own routes answer them with 400.
//!
//! - A request must have exactly one valid `Host` header (RFC 9112, section 3.2). Rocket accepts a request
//!   without one, and takes the first of two. A request of HTTP/2 gets one from its `:authority`.
//! - A form must not override the request's method. Rocket lets it do so with `_method` as its first field,
//!   which no form here uses. A `POST` that became a `HEAD` was answered with a `Content-Length` but no body, and
//!   the connection was closed. A proxy counts that as a failed node.
//!
//! A fairing cannot refuse a request, but a route can. So the fairing adds a second `Host` header to a request whose form
//! overrides the method, and the route refuses it. A marker in the request's local cache would cost every request an
//! allocation.

use rocket::{
    Data, Request,
    fairing::{Fairing, Info, Kind},
    form::Form,
    http::{Header, Method},
    tokio::time::timeout,
};

use super::{
    forms::submission::BODY_TIMEOUT,
    own_routes::is_path_of_own,
    transport::{add_host_of_http2, gate},
};

/// How many bytes of a form Rocket inspects for `_method`.
const PEEK_BYTES: usize = "_method=delete".len();

/// The second host that marks a request whose form overrides the method.
const OVERRIDE_MARKER: &str = "two-methods.invalid";

/// Prepares a request for what its route checks: gives one of HTTP/2 a `Host` header, and marks one whose form overrides
/// its method.
///
/// A request that was sent with the method that its form names looks the same, and is refused too. No browser
/// sends one.
pub(super) struct WellFormed;

#[rocket::async_trait]
impl Fairing for WellFormed {
    fn info(&self) -> Info {
        Info { name: "Well-formed requests", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        add_host_of_http2(request);
        let is_form = request.content_type().is_some_and(|kind| kind.is_form());
        if !is_form || request.method() == Method::Post {
            return; // Rocket only overrides a `POST`, so an overridden request is not a `POST` here
        }
        let is_everywhere = gate(request).is_some_and(|gate| gate.headers.are_everywhere());
        if !is_everywhere && !is_path_of_own(request) {
            return; // a host may override the methods of its own forms
        }
        // A form that does not begin in time is refused too.
        let form = timeout(BODY_TIMEOUT, data.peek(PEEK_BYTES)).await;
        if form.map_or(true, |form| overriding_method(form) == Some(request.method())) {
            request.add_header(Header::new("Host", OVERRIDE_MARKER));
            request.set_method(Method::Post); // so that the error response has a body
        }
    }
}

/// The method that the first field of a form names, parsed as Rocket parses it.
fn overriding_method(form: &[u8]) -> Option<Method> {
    let first = Form::values(std::str::from_utf8(form).ok()?).next()?;
    if first.name == "_method" { first.value.parse().ok() } else { None }
}
