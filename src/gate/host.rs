//! A request names one host (RFC 9112, section 3.2).
//!
//! Rocket asks for none, and takes the first of two. Where two programs read different ones, an attacker
//! chooses which of them decides; so such a request is refused before any other route sees it.

use rocket::{
    Data, Request, Route,
    http::{Method, Status, uri::Host},
    route::{Handler, Outcome},
};

/// Before every route: Rocket's own ranks begin at -12.
const FIRST: isize = -100;

/// The routes that refuse a request without a host, or with two, and pass on every other.
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
    .map(|method| Route::ranked(FIRST, method, "/<_..>", OneHost))
    .into()
}

#[derive(Clone)]
struct OneHost;

#[rocket::async_trait]
impl Handler for OneHost {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let mut hosts = request.headers().get("Host");
        match (hosts.next().map(Host::parse), hosts.next()) {
            (Some(Ok(_)), None) => Outcome::forward(data, Status::NotFound),
            _ => Outcome::error(Status::BadRequest),
        }
    }
}
