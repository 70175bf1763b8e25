//! The staff pages.

mod bulk;
mod effect;
mod events;
mod everyone;
mod find;
mod logins;
mod mail;
mod moments;
pub mod overview;
mod reason_templates;
mod reasons;
mod receipt;
mod search;
mod user;
mod users;

use rocket::{Request, catch, catchers, fairing::AdHoc, http::Status};

pub(in crate::site) use super::{catchers::error_page, pages::answer::Answer};

/// Answers 404 where a parameter in the path is not a number, which Rocket reports as 422. Invalid forms never get here:
/// their handlers show them again.
#[catch(422)]
async fn invalid_parameter(request: &Request<'_>) -> Answer {
    error_page(Status::NotFound, request).await
}

/// Mounts the staff pages.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Staff pages", |rocket| async {
        rocket
            .register("/admin", catchers![invalid_parameter])
            .attach(overview::stage())
            .attach(find::stage())
            .attach(users::stage())
            .attach(bulk::stage())
            .attach(user::stage())
            .attach(receipt::stage())
            .attach(effect::stage())
            .attach(logins::stage())
            .attach(events::stage())
            .attach(events::one::stage())
            .attach(events::csv::stage())
            .attach(user::force_logout::stage())
            .attach(user::activation::stage())
            .attach(user::logins::stage())
            .attach(user::end_login::stage())
            .attach(user::reset_link::stage())
            .attach(user::role::stage())
            .attach(user::delete::stage())
            .attach(everyone::stage())
            .attach(mail::stage())
            .attach(reason_templates::stage())
    })
}
