//! Routes of the tests' own, for what no page of the site does by itself.

use rocket::{
    Route, get,
    http::{CookieJar, Status},
    routes,
};

/// All of them, for [`super::site::Plan::probes`].
pub fn probes() -> Vec<Route> {
    routes![fail, panic, open_private]
}

/// Fails with that status.
#[get("/status/<code>")]
fn fail(code: u16) -> Status {
    Status::new(code)
}

/// Panics, as a bug would.
#[get("/panic")]
fn panic() -> &'static str {
    panic!("a probe that panics")
}

/// What Rocket itself reads in a private cookie.
#[get("/private/<name>")]
fn open_private(jar: &CookieJar<'_>, name: &str) -> Option<String> {
    jar.get_private(name).map(|cookie| cookie.value().to_owned())
}
