//! Refuses requests that two programs could read in two ways, before anything else sees them.
//!
//! - A request names one host (RFC 9112, section 3.2). Rocket asks for none, and takes the first of two.
//! - A request's method is the one on its request line. Rocket lets a form choose another with `_method` as
//!   its first field, which no form here does. A `POST` that became a `HEAD` got an answer whose length was
//!   not its body's, and the connection was closed without one; a proxy counts that as a node that failed.
//!
//! A fairing cannot refuse a request, and a route before all others can. So the fairing adds a second host to a request
//! whose form chose a method, and the route refuses it: a note of its own would cost every request an allocation.

use rocket::{
    Data, Request, Route,
    fairing::{Fairing, Info, Kind},
    form::Form,
    http::{Header, Method, Status, uri::Host},
    route::{Handler, Outcome},
};

/// Before every route: Rocket's own ranks begin at -12.
const FIRST: isize = -100;

/// As much of a form as Rocket looks at.
const LONGEST_CHOICE: usize = "_method=delete".len();

/// The second host of a request with two methods.
const TWO_METHODS: &str = "two-methods.invalid";

/// The routes that refuse what is not well formed, and pass on every other request.
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

/// Has a request refused whose form chose a method.
///
/// A request that had this method all along, and says so in a form, looks the same here. It is refused too:
/// no browser sends it.
pub(super) struct MethodOfTheRequestLine;

#[rocket::async_trait]
impl Fairing for MethodOfTheRequestLine {
    fn info(&self) -> Info {
        Info { name: "The method of the request line", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        let is_form = request.content_type().is_some_and(|kind| kind.is_form());
        if !is_form || request.method() == Method::Post {
            return; // Rocket lets only a `POST` choose, and one that chose is none here
        }
        if chosen(data.peek(LONGEST_CHOICE).await) == Some(request.method()) {
            request.add_header(Header::new("Host", TWO_METHODS));
            request.set_method(Method::Post); // so that the refusal has its body
        }
    }
}

/// The method that a form begins with, read as Rocket reads it.
fn chosen(form: &[u8]) -> Option<Method> {
    let first = Form::values(std::str::from_utf8(form).ok()?).next()?;
    if first.name == "_method" { first.value.parse().ok() } else { None }
}
