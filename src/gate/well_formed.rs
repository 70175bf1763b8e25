//! Answers 400 to requests that a proxy and Rocket could read differently, before any other route sees them.
//!
//! - A request must have exactly one valid `Host` header (RFC 9112, section 3.2). Rocket accepts a request
//!   without one, and takes the first of two.
//! - A form must not override the request's method. Rocket lets it do so with `_method` as its first field,
//!   which no form here uses. A `POST` that became a `HEAD` was answered with a `Content-Length` but no body, and
//!   the connection was closed. A proxy counts that as a failed node.
//!
//! A fairing cannot refuse a request, but a route that ranks before all others can. So the fairing adds a second
//! `Host` header to a request whose form overrides the method, and the route refuses it. A marker in the
//! request's local cache would cost every request an allocation.

use rocket::{
    Data, Request, Route,
    fairing::{Fairing, Info, Kind},
    form::Form,
    http::{Header, Method, Status, uri::Host},
    route::{Handler, Outcome},
    tokio::time::timeout,
};

use super::forms::submission::BODY_TIMEOUT;

/// Ranks before every other route: Rocket's default ranks begin at -12.
const FIRST: isize = -100;

/// How many bytes of a form Rocket inspects for `_method`.
const PEEK_BYTES: usize = "_method=delete".len();

/// The second host that marks a request whose form overrides the method.
const OVERRIDE_MARKER: &str = "two-methods.invalid";

/// Routes that refuse malformed requests and forward all others.
pub(super) fn routes() -> Vec<Route> {
    [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Delete,
        Method::Patch,
        Method::Options,
        Method::Trace,
        Method::Connect,
    ]
    .map(|method| Route::ranked(FIRST, method, "/<_..>", WellFormed))
    .into()
}

#[derive(Clone)]
struct WellFormed;

#[rocket::async_trait]
impl Handler for WellFormed {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        if names_one_host(request) {
            Outcome::forward(data, Status::NotFound)
        } else {
            Outcome::error(Status::BadRequest)
        }
    }
}

fn names_one_host(request: &Request<'_>) -> bool {
    let mut hosts = request.headers().get("Host");
    matches!((hosts.next().map(Host::parse), hosts.next()), (Some(Ok(_)), None))
}

/// Marks a request whose form overrides its method, so that the route refuses it.
///
/// A request that was sent with the method that its form names looks the same, and is refused too. No browser
/// sends one.
pub(super) struct MarkMethodOverride;

#[rocket::async_trait]
impl Fairing for MarkMethodOverride {
    fn info(&self) -> Info {
        Info { name: "Refusal of method overrides", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        let is_form = request.content_type().is_some_and(|kind| kind.is_form());
        if !is_form || request.method() == Method::Post {
            return; // Rocket only overrides a `POST`, so an overridden request is not a `POST` here
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
