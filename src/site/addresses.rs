//! This site's paths that the gate and every page must know.

use rocket::{Request, http::uri::Origin, uri};

use crate::{
    accounts::Target,
    domain::{letters::link::LinkPurpose, people::login_name::LoginName},
    gate::{Addresses, Root},
};

const LOGIN: &str = "/login";

/// The beginnings of the links in letters, which end with a token.
const SECRET: [&str; 3] = [RESET, VERIFY, NOT_ME];
const RESET: &str = "/password/reset/";
const VERIFY: &str = "/email/verify/";
const NOT_ME: &str = "/not-me/";

/// The login page. `uri!` with its handler would need a module that is built on the pages that refuse an ended login.
pub(super) fn login_page() -> Origin<'static> {
    uri!("/login")
}

/// The page that creates the first superuser, for the start page of a new site, to which its handler leads back.
pub(super) fn setup_page() -> Origin<'static> {
    uri!("/setup")
}

/// The path of a link in a letter, before its token.
pub(crate) const fn link_path(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Reset => RESET,
        LinkPurpose::Verify => VERIFY,
        LinkPurpose::NotMe => NOT_ME,
    }
}

/// The paths that the gate must know.
pub(crate) const ADDRESSES: Addresses = Addresses {
    home: "/account",
    entry: &[LOGIN, "/register", "/setup", "/confirm", "/password/", "/email/", "/not-me/"],
    api: "/api/",
    secret: &SECRET,
    subject: subject_of,
};

/// The user that a request to `/admin/users/<id>/…` or `/api/users/<name>/…` is about.
fn subject_of(request: &Request<'_>) -> Option<Target> {
    let root = Root::of(request)?;
    let segments = request.uri().path().segments().skip(root.mount_segments());
    match (segments.get(0)?, segments.get(1)?, segments.get(2)?) {
        ("admin", "users", id) => id.parse().ok().map(Target::Id),
        ("api", "users", name) => LoginName::parse(name).ok().map(Target::Name),
        _ => None,
    }
}
