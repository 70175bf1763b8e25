//! CORS (Fetch standard): only scripts on origins from the settings may call the API.
//!
//! Credentials are never allowed: the API accepts no cookies, and a script sets the token itself. This is written here
//! because Rocket's crate for CORS has had no release since 2023.

use std::io::Cursor;

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Header, Method, Status},
};

use super::BASE;
use crate::{accounts::Accounts, gate::own_path};

/// The headers that a script may send. `Authorization` must be listed: a wildcard does not include it.
const ALLOWED_HEADERS: &str = "Authorization, Content-Type";
const ALLOWED_METHODS: &str = "GET, POST, DELETE";
/// How long a browser may cache a preflight response, in seconds.
const MAX_AGE_SECONDS: &str = "600";

pub(super) struct Cors;

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS of the API", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if !is_of_api(request) {
            return;
        }
        // Also for a refused origin: the response depends on the origin.
        response.adjoin_header(Header::new("Vary", "Origin"));
        let Some(origin) = allowed_origin(request) else { return };
        response.set_header(Header::new("Access-Control-Allow-Origin", origin));
        response.set_header(Header::new("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate"));
        let is_preflight =
            request.method() == Method::Options && request.headers().contains("Access-Control-Request-Method");
        if is_preflight {
            response.set_status(Status::NoContent);
            response.remove_header("Content-Type");
            response.remove_header("Allow");
            response.set_sized_body(0, Cursor::new([]));
            response.set_header(Header::new("Access-Control-Allow-Methods", ALLOWED_METHODS));
            response.set_header(Header::new("Access-Control-Allow-Headers", ALLOWED_HEADERS));
            response.set_header(Header::new("Access-Control-Max-Age", MAX_AGE_SECONDS));
        }
    }
}

fn is_of_api(request: &Request<'_>) -> bool {
    let below = own_path(request).and_then(|own| own.strip_prefix(BASE));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The request's origin, if the settings allow it.
fn allowed_origin(request: &Request<'_>) -> Option<String> {
    let mut origins = request.headers().get("Origin");
    let origin = origins.next().filter(|_| origins.next().is_none())?;
    let settings = request.rocket().state::<Accounts>()?.settings();
    settings.cors_origins.iter().any(|allowed| allowed.origin() == origin).then(|| origin.to_owned())
}
