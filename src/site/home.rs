//! The start page. On a new site it leads to the setup. Otherwise, without a session cookie, it does not read the database.

use std::sync::{Arc, OnceLock};

use rocket::{
    Orbit, Request, Rocket, Route, State,
    fairing::AdHoc,
    get,
    response::{self, Responder, content::RawHtml},
    routes,
};
use serde::Serialize;

use super::{
    addresses::setup_page,
    pages::{Pages, answer::Answer},
};
use crate::{accounts::Accounts, gate::Anyone};

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

/// A host may have a start page of its own, which comes first.
#[get("/", rank = 100)]
async fn show<'r>(_anyone: Anyone<'r>, accounts: &State<Accounts>, pages: Pages<'r>) -> Result<Home<'r>, Answer> {
    match accounts.needs_setup().await {
        Ok(true) if pages.is_for_any_visitor() => Err(Answer::see_other(setup_page())),
        _ => Ok(Home(pages)),
    }
}

/// The routes of the start page.
pub fn routes() -> Vec<Route> {
    routes![show]
}

/// What the start page needs besides its route.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Start page", |rocket| async { rocket.manage(ForVisitors::default()) })
}
