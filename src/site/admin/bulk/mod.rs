//! Bulk actions on users: chosen on the list of users, confirmed on a page with exact counts, and followed until done.

mod confirm;
mod form;
mod progress;

use rocket::{fairing::AdHoc, routes};

/// Mounts the pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Bulk actions", |rocket| async {
        rocket.mount("/", routes![confirm::show, confirm::post, progress::show])
    })
}
