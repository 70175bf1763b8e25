//! The staff pages.

mod event_view;
mod force_logout;
pub mod overview;
mod reasons;
mod standing;
mod user;
mod user_page;
mod users;

use rocket::fairing::AdHoc;

/// Mounts the staff pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Staff pages", |rocket| async {
        rocket
            .attach(overview::stage())
            .attach(users::stage())
            .attach(user::stage())
            .attach(force_logout::stage())
            .attach(standing::stage())
    })
}
