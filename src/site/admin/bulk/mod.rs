//! Bulk actions on users: chosen on the list of users or by a pasted list, confirmed on a page with exact counts, and
//! followed until done. Those on logins are chosen and confirmed in `logins`.

pub(super) mod confirm;
mod criteria;
mod form;
mod paste;
pub(super) mod progress;
pub(super) mod promise;
pub(super) mod view;

use rocket::{Route, routes};

/// The routes of the pages.
pub fn routes() -> Vec<Route> {
    routes![paste::show, paste::post, confirm::show, confirm::post, progress::show]
}
