//! Why a posted form was not taken: kept for the page that says so, and told in the log where only who
//! runs the site can mend it.

use rocket::Request;

use super::csrf::{is_own, own_origin};
use crate::gate::{
    Login,
    cookies::visitor::held_binding,
    transport::{is_cookie_secure, is_https},
};

/// As much of a header as is shown: it is anybody's text.
const SHOWN_CHARACTERS: usize = 200;

/// Why a form was not taken, whatever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedForm {
    /// It stood on another site's page.
    Elsewhere {
        /// From where the browser says that it came.
        received: String,
        /// Where this site is.
        own: String,
    },
    /// The site's cookies are for https only, and the browser came over http, where it keeps none of them.
    HttpsOnly,
    /// The browser sent none of this site's cookies: it keeps none, or has forgotten them.
    NoCookie,
    /// Its token is of another login, or of none that there is.
    Old,
}

/// A form that was not taken.
#[derive(Debug, Clone)]
pub struct RefusedFormKind {
    /// Why.
    pub why: RefusedForm,
    /// What was typed, by field; nothing where the browser does not say that it was typed on this site. To
    /// fill in a form for somebody is the half of forging it.
    pub typed: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Kept(Option<RefusedFormKind>);

impl RefusedFormKind {
    /// The form of this request that was not taken.
    #[must_use]
    pub fn of<'r>(request: &'r Request<'_>) -> Option<&'r Self> {
        request.local_cache(Kept::default).0.as_ref()
    }

    /// A form from elsewhere. Nothing of it is read.
    pub(super) fn from_elsewhere(request: &Request<'_>) {
        let (received, own) = (shown(&claimed_origin(request)), shown(&own_origin(request)));
        let path = request.uri().path();
        log::warn!("a form for {path} was refused: it came from {received}, and this site is at {own}");
        Self { why: RefusedForm::Elsewhere { received, own }, typed: Vec::new() }.keep(request);
    }

    /// A form of this site whose token is not good.
    pub(super) fn without_token(request: &Request<'_>, login: &Login, typed: Vec<(String, String)>) {
        let has_cookie = matches!(login, Login::Live(_)) || held_binding(request).is_some();
        let why = match (has_cookie, is_cookie_secure(request) && !comes_over_https(request)) {
            (true, _) => RefusedForm::Old,
            (false, true) => {
                let path = request.uri().path();
                log::warn!(
                    "a form for {path} was refused: the cookies are for https only (secure_cookies, X-Forwarded-Proto), \
                     and the browser came over http"
                );
                RefusedForm::HttpsOnly
            }
            (false, false) => RefusedForm::NoCookie,
        };
        let is_surely_ours = request.headers().get("Origin").next().is_some();
        Self { why, typed: if is_surely_ours { typed } else { Vec::new() } }.keep(request);
    }

    fn keep(self, request: &Request<'_>) {
        request.local_cache(|| Kept(Some(self)));
    }
}

/// From where the browser says that a form came.
fn claimed_origin(request: &Request<'_>) -> String {
    let headers = request.headers();
    let foreign = headers.get("Origin").find(|origin| !is_own(request, origin));
    foreign.map_or_else(|| "another site (Sec-Fetch-Site)".to_owned(), |origin| format!("the origin {origin}"))
}

/// A browser names the scheme in `Origin`; what a proxy says of it may be wrong.
fn comes_over_https(request: &Request<'_>) -> bool {
    let origin = request.headers().get_one("Origin").filter(|origin| origin.contains("://"));
    origin.map_or_else(|| is_https(request), |origin| origin.starts_with("https://"))
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}
