//! One act on many users: chosen on the list, confirmed on a page that promises exact numbers, and
//! followed until it is done.

mod confirm;
mod form;
mod progress;

use rocket::{fairing::AdHoc, routes};

/// Mounts the pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Acts on many users", |rocket| async {
        rocket.mount("/", routes![confirm::show, confirm::post, progress::show])
    })
}
