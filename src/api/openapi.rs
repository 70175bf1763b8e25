//! `/api/openapi.json`: the `OpenAPI` description. A test compares it with the routes.

use std::borrow::Cow;

use rocket::{Request, Route, get, outcome::Outcome, request::FromRequest, response::content::RawJson, routes};

use crate::gate::Root;

/// Written by hand, because it says more than could be generated from the code.
const DESCRIPTION: &str = include_str!("openapi.json");

/// Where the description says that the paths begin.
const SERVER: &str = "\"url\": \"/\"";

/// The description for a site whose pages are below a path.
struct Description(Cow<'static, str>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Description {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> rocket::request::Outcome<Self, Self::Error> {
        let root = Root::of(request).map_or("", Root::seen);
        Outcome::Success(Self(if root.is_empty() {
            DESCRIPTION.into()
        } else {
            DESCRIPTION.replacen(SERVER, &format!("\"url\": \"{root}\""), 1).into()
        }))
    }
}

#[get("/api/openapi.json")]
fn show(description: Description) -> RawJson<Cow<'static, str>> {
    RawJson(description.0)
}

/// The routes of the route.
pub(super) fn routes() -> Vec<Route> {
    routes![show]
}
