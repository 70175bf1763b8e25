//! Scripts on other origins (the Fetch standard's CORS protocol): none, unless the settings name them.
//!
//! Credentials are never allowed: a browser that sent a cookie would be let in by nothing here, and a token
//! is put on a request by the script itself. Rocket's crate for this has had no release since 2023.

use std::io::Cursor;

use rocket::{
    Request, Response,
    fairing::{AdHoc, Fairing, Info, Kind},
    http::{Header, Method, Status},
};

use super::BASE;
use crate::accounts::Accounts;

/// What a script may send. `Authorization` must be named: no wildcard stands for it.
const HEADERS: &str = "Authorization, Content-Type";
const METHODS: &str = "GET, POST, DELETE";
/// How long a browser remembers the answer, in seconds.
const MAX_AGE: &str = "600";

struct Cors;

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS of the API", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if !is_of_api(request) {
            return;
        }
        // What is allowed depends on it, also where nothing is.
        response.adjoin_header(Header::new("Vary", "Origin"));
        let Some(origin) = allowed_origin(request) else { return };
        response.set_header(Header::new("Access-Control-Allow-Origin", origin));
        response.set_header(Header::new("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate"));
        let asks_first =
            request.method() == Method::Options && request.headers().contains("Access-Control-Request-Method");
        if asks_first {
            response.set_status(Status::NoContent);
            response.remove_header("Content-Type");
            response.remove_header("Allow");
            response.set_sized_body(0, Cursor::new([]));
            response.set_header(Header::new("Access-Control-Allow-Methods", METHODS));
            response.set_header(Header::new("Access-Control-Allow-Headers", HEADERS));
            response.set_header(Header::new("Access-Control-Max-Age", MAX_AGE));
        }
    }
}

fn is_of_api(request: &Request<'_>) -> bool {
    request.uri().path().as_str().strip_prefix(BASE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The origin of the script that asks, where the settings name it.
fn allowed_origin(request: &Request<'_>) -> Option<String> {
    let mut origins = request.headers().get("Origin");
    let origin = origins.next().filter(|_| origins.next().is_none())?;
    let settings = request.rocket().state::<Accounts>()?.settings();
    settings.cors_origins.iter().any(|allowed| allowed.as_str() == origin).then(|| origin.to_owned())
}

/// Answers the browsers' questions.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("CORS", |rocket| async { rocket.attach(Cors) })
}
