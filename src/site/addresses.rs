//! This site's paths that the gate and every page must know.

use rocket::Request;

use crate::{accounts::Target, domain::people::login_name::LoginName, gate::Addresses};

/// The login page. `uri!` would need its handler, which is built on the pages that refuse an ended login.
pub(super) const LOGIN: &str = "/login";

/// The paths that the gate must know.
pub(super) const ADDRESSES: Addresses = Addresses {
    home: "/account",
    entry: &[LOGIN, "/register", "/setup", "/confirm"],
    api: "/api/",
    subject: subject_of,
};

/// The user that a request to `/admin/users/<id>/…` or `/api/users/<name>/…` is about.
fn subject_of(request: &Request<'_>) -> Option<Target> {
    let segments = request.uri().path().segments();
    match (segments.get(0)?, segments.get(1)?, segments.get(2)?) {
        ("admin", "users", id) => id.parse().ok().map(Target::Id),
        ("api", "users", name) => LoginName::parse(name).ok().map(Target::Name),
        _ => None,
    }
}
