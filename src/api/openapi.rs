//! `/api/openapi.json`: the description of all of this, which a test compares with the routes.

use rocket::{fairing::AdHoc, get, response::content::RawJson, routes};

/// Written by hand: it says more than could be read off the code.
const DESCRIPTION: &str = include_str!("openapi.json");

#[get("/api/openapi.json")]
const fn show() -> RawJson<&'static str> {
    RawJson(DESCRIPTION)
}

/// Mounts the route.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("API: description", |rocket| async { rocket.mount("/", routes![show]) })
}
