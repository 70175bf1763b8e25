//! Where somebody was on this site, to lead them back there after a login.

use rocket::{Request, http::Method};

use crate::domain::next_path::NextPath;

/// The page that a form was posted from, or that holds a stream.
pub(crate) fn came_from(request: &Request<'_>) -> Option<NextPath> {
    let host = request.headers().get_one("Host")?;
    let referer = request.headers().get_one("Referer")?;
    let (_, rest) = referer.split_once("://")?;
    let path = NextPath::parse(rest.strip_prefix(host)?)?;
    let is_elsewhere = !["/login", "/register", "/setup"].iter().any(|form| path.as_str().starts_with(form));
    is_elsewhere.then_some(path)
}

/// The page that was asked for, or the one that the posted form was on.
pub(crate) fn was_going(request: &Request<'_>) -> Option<NextPath> {
    match request.method() {
        Method::Get => NextPath::parse(&request.uri().to_string()),
        _ => came_from(request),
    }
}
