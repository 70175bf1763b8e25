//! `/api/openapi.json`: the `OpenAPI` description. A test compares it with the routes.

use rocket::{Route, get, response::content::RawJson, routes};

/// Written by hand, because it says more than could be generated from the code.
const DESCRIPTION: &str = include_str!("openapi.json");

#[get("/api/openapi.json")]
const fn show() -> RawJson<&'static str> {
    RawJson(DESCRIPTION)
}

/// The routes of the route.
pub(super) fn routes() -> Vec<Route> {
    routes![show]
}
