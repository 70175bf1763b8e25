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

use rocket::Route;

/// The routes of the staff pages.
pub fn routes() -> Vec<Route> {
    [
        overview::routes(),
        find::routes(),
        users::routes(),
        bulk::routes(),
        user::routes(),
        receipt::routes(),
        effect::routes(),
        logins::routes(),
        events::routes(),
        events::one::routes(),
        events::csv::routes(),
        user::force_logout::routes(),
        user::activation::routes(),
        user::logins::routes(),
        user::end_login::routes(),
        user::reset_link::routes(),
        user::role::routes(),
        user::delete::routes(),
        everyone::routes(),
        mail::routes(),
        reason_templates::routes(),
    ]
    .concat()
}
