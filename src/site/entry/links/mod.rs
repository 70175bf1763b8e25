//! The pages of the links in letters, and the pages that ask for such a letter.
//!
//! Whoever has a link may use it, logged in or not. A GET uses nothing up, because mail scanners open links. The forms
//! post to the page's own address, so that no page contains the token.

mod dead;
mod forgotten;
mod not_me;
mod reset;
mod verify;

use rocket::fairing::AdHoc;

/// Mounts the pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Links in letters", |rocket| async {
        rocket.attach(forgotten::stage()).attach(reset::stage()).attach(verify::stage()).attach(not_me::stage())
    })
}
