//! The start page. Without a session cookie it does not read the database.

use std::sync::{Arc, OnceLock};

use rocket::{
    Orbit, Request, Rocket,
    fairing::AdHoc,
    get,
    response::{self, Responder, content::RawHtml},
    routes,
};
use serde::Serialize;

use super::pages::Pages;
use crate::gate::Anyone;

/// The start page needs no context of its own.
#[derive(Debug, Serialize)]
struct HomeView {}

/// The page for visitors, rendered once because all visitors see the same.
#[derive(Debug, Default)]
struct ForVisitors(OnceLock<Arc<str>>);

struct Home<'r>(Pages<'r>);

impl<'r> Responder<'r, 'static> for Home<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match page_for_visitors(request.rocket(), &self.0) {
            Some(page) => RawHtml(page).respond_to(request),
            None => self.0.show("home", &HomeView {}).respond_to(request),
        }
    }
}

/// The cached page, if the request comes from a visitor. Debug builds render it each time, so template changes show.
fn page_for_visitors(rocket: &Rocket<Orbit>, pages: &Pages<'_>) -> Option<Arc<str>> {
    if cfg!(debug_assertions) || !pages.is_for_any_visitor() {
        return None;
    }
    let ForVisitors(rendered) = rocket.state()?;
    if let Some(page) = rendered.get() {
        return Some(Arc::clone(page));
    }
    let page = String::from_utf8(pages.page_for_any_visitor("home", &HomeView {})?.into_body()).ok()?;
    Some(Arc::clone(rendered.get_or_init(|| page.into())))
}

#[get("/")]
fn show<'r>(_anyone: Anyone<'r>, pages: Pages<'r>) -> Home<'r> {
    Home(pages)
}

/// Mounts the start page.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Start page", |rocket| async { rocket.manage(ForVisitors::default()).mount("/", routes![show]) })
}
