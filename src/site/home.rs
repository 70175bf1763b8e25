//! The start page, open to anyone. Without a session cookie it reads no database.

use rocket::{fairing::AdHoc, get, routes};
use serde::Serialize;

use super::{answer::Answer, pages::Pages};
use crate::gate::Anyone;

/// The start page has nothing of its own to show.
#[derive(Debug, Serialize)]
struct HomeView {}

#[get("/")]
pub(super) fn show(_anyone: Anyone<'_>, pages: Pages<'_>) -> Answer {
    pages.show("home", &HomeView {})
}

/// Mounts the start page.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Start page", |rocket| async { rocket.mount("/", routes![show]) })
}
