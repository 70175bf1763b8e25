//! The pages of the links in letters, and the pages that ask for such a letter.
//!
//! Whoever has a link may use it, logged in or not. A GET uses nothing up, because mail scanners open links. The forms
//! post to the page's own address, so that no page contains the token.

mod dead;
mod forgotten;
mod not_me;
mod reset;
mod verify;

use rocket::Route;

/// The routes of the links in letters.
pub fn routes() -> Vec<Route> {
    [forgotten::routes(), reset::routes(), verify::routes(), not_me::routes()].concat()
}
