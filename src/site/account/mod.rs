//! The pages of the user's own account.

mod delete;
pub mod overview;
pub mod password;
mod profile;
mod sessions;
mod tokens;

use rocket::Route;

/// The routes of the account pages.
pub fn routes() -> Vec<Route> {
    [overview::routes(), profile::routes(), password::routes(), sessions::routes(), tokens::routes(), delete::routes()]
        .concat()
}
