//! Where somebody was on this site, to lead them back there after a login or a proof of presence.

use rocket::{Request, Route, http::Method};

use crate::domain::next_path::NextPath;

/// The page that a form was posted from, or that holds a stream.
pub(crate) fn came_from(request: &Request<'_>) -> Option<NextPath> {
    let host = request.headers().get_one("Host")?;
    let referer = request.headers().get_one("Referer")?;
    let (_, rest) = referer.split_once("://")?;
    let path = NextPath::parse(rest.strip_prefix(host)?)?;
    let is_elsewhere =
        !["/login", "/register", "/setup", "/confirm"].iter().any(|form| path.as_str().starts_with(form));
    is_elsewhere.then(|| nearest_page(request, path))
}

/// The page that was asked for, or the one that the posted form or the link to a file was on.
pub(crate) fn was_going(request: &Request<'_>) -> Option<NextPath> {
    let asked_for = || NextPath::parse(&request.uri().to_string());
    match request.method() {
        // A browser saves it and stays where it is, on a form that is done with.
        Method::Get if is_file(request) => came_from(request).or_else(asked_for),
        Method::Get => asked_for(),
        _ => came_from(request),
    }
}

fn is_file(request: &Request<'_>) -> bool {
    request.uri().path().segments().last().is_some_and(|name| name.contains('.'))
}

/// A form that was not taken, or asks for a confirmation, stands where it was posted, which may be no
/// address to get: then it is the next one above that is.
fn nearest_page(request: &Request<'_>, path: NextPath) -> NextPath {
    let routes: Vec<&Route> = request.rocket().routes().collect();
    if !is_only_posted_to(&routes, path.as_str()) {
        return path;
    }
    let whole = path.as_str().split('?').next().unwrap_or_default();
    let mut above = whole.rmatch_indices('/').map(|(at, _)| &whole[..at]).filter(|above| !above.is_empty());
    let page = above.find(|above| is_got(&routes, above) && !is_only_posted_to(&routes, above));
    page.and_then(NextPath::parse).unwrap_or(path)
}

/// Whether there is something to get there.
fn is_got(routes: &[&Route], path: &str) -> bool {
    routes.iter().any(|route| route.method == Method::Get && fits(route, path))
}

/// Whether a form is posted there that no page of the same address shows.
fn is_only_posted_to(routes: &[&Route], path: &str) -> bool {
    routes
        .iter()
        .filter(|route| route.method == Method::Post && fits(route, path))
        .any(|post| !routes.iter().any(|get| get.method == Method::Get && get.uri.path() == post.uri.path()))
}

/// Whether a route's pattern fits an address, part by part.
pub(crate) fn fits(route: &Route, path: &str) -> bool {
    let parts = |path| str::split(path, '/').collect::<Vec<_>>();
    let (pattern, path) = (parts(route.uri.path()), parts(path.split('?').next().unwrap_or_default()));
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(pattern, part)| pattern == part || pattern.starts_with('<'))
}
