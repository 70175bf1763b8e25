//! The pages of the user's own account.

mod delete;
pub mod overview;
mod password;
mod profile;
mod sessions;
mod tokens;

use rocket::fairing::AdHoc;

/// Mounts the account pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Account", |rocket| async {
        rocket
            .attach(overview::stage())
            .attach(profile::stage())
            .attach(password::stage())
            .attach(sessions::stage())
            .attach(tokens::stage())
            .attach(delete::stage())
    })
}
