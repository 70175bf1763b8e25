//! Routes of the tests' own, for what no page of the site does by itself.

use std::sync::Arc;

use curfew::gate::{Present, SignedIn};
use rocket::{
    Route, State, get,
    http::{CookieJar, Status},
    post, routes,
    tokio::sync::Barrier,
};

/// All of them, for [`super::site::Plan::probes`].
pub fn probes() -> Vec<Route> {
    routes![fail, panic, open_private, hold, show_grave_work, do_grave_work]
}

/// Fails with that status.
#[get("/status/<code>")]
fn fail(code: u16) -> Status {
    Status::new(code)
}

/// Who is held, and lets go: the test and the request meet twice.
#[derive(Debug, Clone)]
pub struct Held(Arc<Barrier>);

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(Barrier::new(2)))
    }
}

impl Held {
    /// Waits until a request is held, or lets it go: the first call, and the second.
    pub async fn meet(&self) {
        self.0.wait().await;
    }
}

/// Lets the guard pass, and answers when the test says so.
#[get("/hold")]
async fn hold(_signed_in: SignedIn<'_>, held: &State<Held>) -> Status {
    held.meet().await;
    held.meet().await;
    Status::new(200)
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

/// Grave work that is shown, and says by whom.
#[get("/grave")]
fn show_grave_work(present: Present<'_>) -> String {
    present.actor().name
}

/// Grave work that is done, and says by whom.
#[post("/grave")]
fn do_grave_work(present: Present<'_>) -> String {
    present.actor().name
}
