//! Extra routes for tests, for behaviour that no page of the site shows.

use std::sync::Arc;

use curfew::gate::{Present, SignedIn, Staff};
use rocket::{
    Route, State, get,
    http::{CookieJar, Status},
    post, routes,
    tokio::sync::Barrier,
};

/// All probe routes, for [`super::site::Plan::probes`].
pub fn probes() -> Vec<Route> {
    routes![fail, panic, open_private, hold, show_protected_page, do_protected_action]
}

/// Answers with the given status.
#[get("/status/<code>")]
fn fail(code: u16) -> Status {
    Status::new(code)
}

/// Blocks a request until the test releases it. The test and the request meet twice.
#[derive(Debug, Clone)]
pub struct Held(Arc<Barrier>);

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(Barrier::new(2)))
    }
}

impl Held {
    /// The first call waits until a request is held. The second call releases it.
    pub async fn meet(&self) {
        self.0.wait().await;
    }
}

/// Passes the guard, then answers only when the test releases it.
#[get("/hold")]
async fn hold(_signed_in: SignedIn<'_>, held: &State<Held>) -> Status {
    held.meet().await;
    held.meet().await;
    Status::new(200)
}

/// Panics, to test what a bug in a handler does.
#[get("/panic")]
fn panic() -> &'static str {
    panic!("a probe that panics")
}

/// The private cookie as Rocket itself reads it.
#[get("/private/<name>")]
fn open_private(jar: &CookieJar<'_>, name: &str) -> Option<String> {
    jar.get_private(name).map(|cookie| cookie.value().to_owned())
}

/// A page behind the recent-password check; it answers with the user's name.
#[get("/grave")]
fn show_protected_page(present: Present<Staff<'_>>) -> String {
    present.actor().name
}

/// An action behind the recent-password check; it answers with the user's name.
#[post("/grave")]
fn do_protected_action(present: Present<Staff<'_>>) -> String {
    present.actor().name
}
