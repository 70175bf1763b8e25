//! The staff pages.

mod bulk;
mod charts;
mod choices;
mod delete;
mod effect;
mod event_view;
mod events;
mod events_csv;
mod events_query;
mod everyone;
mod everyone_page;
mod force_logout;
mod moments;
pub mod overview;
mod reasons;
mod receipt;
mod receipt_view;
mod role;
mod said_once;
mod sessions;
mod sessions_of;
mod standing;
mod user;
mod user_page;
mod users;

use rocket::{Request, catch, catchers, fairing::AdHoc, http::Status};

use super::{answer::Answer, catchers::error_page};

/// An address with a number in it that is none leads nowhere; a form that cannot be taken shows
/// itself again and never comes here.
#[catch(422)]
async fn no_such_number(request: &Request<'_>) -> Answer {
    error_page(Status::NotFound, request).await
}

/// Mounts the staff pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Staff pages", |rocket| async {
        rocket
            .register("/admin", catchers![no_such_number])
            .attach(overview::stage())
            .attach(users::stage())
            .attach(bulk::stage())
            .attach(user::stage())
            .attach(receipt::stage())
            .attach(effect::stage())
            .attach(sessions::stage())
            .attach(events::stage())
            .attach(events_csv::stage())
            .attach(force_logout::stage())
            .attach(standing::stage())
            .attach(sessions_of::stage())
            .attach(role::stage())
            .attach(delete::stage())
            .attach(everyone::stage())
    })
}
