//! `/api/openapi.json`: the `OpenAPI` description. A test compares it with the routes.

use rocket::{fairing::AdHoc, get, response::content::RawJson, routes};

/// Written by hand, because it says more than could be generated from the code.
const DESCRIPTION: &str = include_str!("openapi.json");

#[get("/api/openapi.json")]
const fn show() -> RawJson<&'static str> {
    RawJson(DESCRIPTION)
}

/// Mounts the route.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("API: description", |rocket| async { rocket.mount("/", routes![show]) })
}
