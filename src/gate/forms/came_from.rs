//! Finds the page to return to after a login or a recent-password check.

use rocket::{Request, Route, http::Method};

use crate::{
    domain::next_path::NextPath,
    gate::{Addresses, Root},
};

/// The page of the `Referer`: the one a form was posted from, or the one that opened an event stream.
pub(crate) fn came_from(request: &Request<'_>) -> Option<NextPath> {
    let host = request.headers().get_one("Host")?;
    let referer = request.headers().get_one("Referer")?;
    let (_, rest) = referer.split_once("://")?;
    let path = NextPath::parse(rest.strip_prefix(host)?)?;
    let own = Root::of(request)?.own_path_of_seen(path.as_str());
    let is_entry = own.is_some_and(|own| Addresses::of(request).entry.iter().any(|entry| own.starts_with(entry)));
    if is_entry { None } else { nearest_page(request, path) }
}

/// The requested page. For a posted form or a file, the page that it was requested from.
pub(crate) fn return_page(request: &Request<'_>) -> Option<NextPath> {
    let requested = || NextPath::parse(&Root::of(request)?.shown(&request.uri().to_string()));
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
fn nearest_page(request: &Request<'_>, shown: NextPath) -> Option<NextPath> {
    let root = Root::of(request)?;
    let path = root.on_server(shown.as_str())?;
    let routes: Vec<&Route> = request.rocket().routes().collect();
    if !is_only_posted_to(&routes, path) {
        return Some(shown);
    }
    let without_query = path.split('?').next().unwrap_or_default();
    let mut parents =
        without_query.rmatch_indices('/').map(|(at, _)| &without_query[..at]).filter(|parent| !parent.is_empty());
    let page = parents.find(|parent| answers_get(&routes, parent) && !is_only_posted_to(&routes, parent));
    Some(page.and_then(|page| NextPath::parse(&root.shown(page))).unwrap_or(shown))
}

/// Whether a GET route matches the path.
fn answers_get(routes: &[&Route], path: &str) -> bool {
    routes.iter().any(|route| route.method == Method::Get && fits(route.uri.path(), path))
}

/// Whether a POST route matches the path, without a GET route of the same pattern.
fn is_only_posted_to(routes: &[&Route], path: &str) -> bool {
    routes
        .iter()
        .filter(|route| route.method == Method::Post && fits(route.uri.path(), path))
        .any(|post| !routes.iter().any(|get| get.method == Method::Get && get.uri.path() == post.uri.path()))
}

/// Whether a route's pattern matches a path, segment by segment.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let segments = |path| str::split(path, '/').collect::<Vec<_>>();
    let (pattern, path) = (segments(pattern), segments(path.split('?').next().unwrap_or_default()));
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(pattern, segment)| pattern == segment || pattern.starts_with('<'))
}
