//! The start page, open to anyone. Without a session cookie it reads no database.

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

/// The start page has nothing of its own to show.
#[derive(Debug, Serialize)]
struct HomeView {}

/// The page as every visitor sees it: rendered once, for it is the same for all of them.
#[derive(Debug, Default)]
struct ForVisitors(OnceLock<Arc<str>>);

/// The start page for whoever is asking.
struct Home<'r>(Pages<'r>);

impl<'r> Responder<'r, 'static> for Home<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match rendered_once(request.rocket(), &self.0) {
            Some(page) => RawHtml(page).respond_to(request),
            None => self.0.show("home", &HomeView {}).respond_to(request),
        }
    }
}

/// The page for visitors, when this is one. Where templates are being written, they are read anew.
fn rendered_once(rocket: &Rocket<Orbit>, pages: &Pages<'_>) -> Option<Arc<str>> {
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
