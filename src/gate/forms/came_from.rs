//! Finds the page to return to after a login or a recent-password check.

use rocket::{Request, Route, http::Method};

use crate::{domain::next_path::NextPath, gate::Addresses};

/// The page of the `Referer`: the one a form was posted from, or the one that opened an event stream.
pub(crate) fn came_from(request: &Request<'_>) -> Option<NextPath> {
    let host = request.headers().get_one("Host")?;
    let referer = request.headers().get_one("Referer")?;
    let (_, rest) = referer.split_once("://")?;
    let path = NextPath::parse(rest.strip_prefix(host)?)?;
    let is_entry = Addresses::of(request).entry.iter().any(|entry| path.as_str().starts_with(entry));
    (!is_entry).then(|| nearest_page(request, path))
}

/// The requested page. For a posted form or a file, the page that it was requested from.
pub(crate) fn return_page(request: &Request<'_>) -> Option<NextPath> {
    let requested = || NextPath::parse(&request.uri().to_string());
    match request.method() {
        // The browser would save the file and stay on the login form, which has already been used.
        Method::Get if is_file(request) => came_from(request).or_else(requested),
        Method::Get => requested(),
        _ => came_from(request),
    }
}

fn is_file(request: &Request<'_>) -> bool {
    request.uri().path().segments().last().is_some_and(|name| name.contains('.'))
}

/// The path itself, or the nearest parent that has a page. A refused form or a confirmation is shown at the path that
/// it was posted to, which may not answer a GET.
fn nearest_page(request: &Request<'_>, path: NextPath) -> NextPath {
    let routes: Vec<&Route> = request.rocket().routes().collect();
    if !is_only_posted_to(&routes, path.as_str()) {
        return path;
    }
    let without_query = path.as_str().split('?').next().unwrap_or_default();
    let mut parents =
        without_query.rmatch_indices('/').map(|(at, _)| &without_query[..at]).filter(|parent| !parent.is_empty());
    let page = parents.find(|parent| answers_get(&routes, parent) && !is_only_posted_to(&routes, parent));
    page.and_then(NextPath::parse).unwrap_or(path)
}

/// Whether a GET route matches the path.
fn answers_get(routes: &[&Route], path: &str) -> bool {
    routes.iter().any(|route| route.method == Method::Get && fits(route, path))
}

/// Whether a POST route matches the path, without a GET route of the same pattern.
fn is_only_posted_to(routes: &[&Route], path: &str) -> bool {
    routes
        .iter()
        .filter(|route| route.method == Method::Post && fits(route, path))
        .any(|post| !routes.iter().any(|get| get.method == Method::Get && get.uri.path() == post.uri.path()))
}

/// Whether a route's pattern matches a path, segment by segment.
pub(crate) fn fits(route: &Route, path: &str) -> bool {
    let segments = |path| str::split(path, '/').collect::<Vec<_>>();
    let (pattern, path) = (segments(route.uri.path()), segments(path.split('?').next().unwrap_or_default()));
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(pattern, segment)| pattern == segment || pattern.starts_with('<'))
}
