//! Records why a posted form was refused, for the error page. Also logs the cases that only the operator can fix.

use std::time::Instant;

use rocket::Request;

use super::csrf::{is_own_origin, site_origin};
use crate::gate::{
    Login,
    cookies::visitor::held_binding,
    root::named_path,
    transport::{gate, is_cookie_secure, is_https},
};

/// How many characters of a header are shown: the client can put any text there.
const MAX_SHOWN_CHARACTERS: usize = 200;

/// The most fields of a form that is shown again, to a visitor and to a user: rendering them costs time, and nothing
/// limits how often a visitor sends such a form.
const MOST_SHOWN_AGAIN: (usize, usize) = (50, 600);

/// Why a form was refused, regardless of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormRefusal {
    /// It was posted from a page of another site.
    Elsewhere {
        /// The form's origin as the browser reported it, as a phrase for the page.
        received: String,
        /// This site's origin.
        own: String,
    },
    /// The site's cookies are `Secure`, but the browser used http, so it did not store them.
    HttpsOnly,
    /// The browser sent none of this site's cookies: it blocks them, or has deleted them.
    NoCookie,
    /// Its token belongs to another login, or is invalid.
    Old,
}

/// A refused form.
#[derive(Debug, Clone)]
pub struct RefusedForm {
    /// Why it was refused.
    pub why: FormRefusal,
    /// The field names and values. Empty unless the browser's `Origin` shows that they were typed on this site: a page
    /// that shows values from an attacker is half of a forged request. Also empty if there are too many to show again.
    pub typed: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Kept(Option<RefusedForm>);

impl RefusedForm {
    /// The refused form of this request, if any.
    #[must_use]
    pub fn of<'r>(request: &'r Request<'_>) -> Option<&'r Self> {
        request.local_cache(Kept::default).0.as_ref()
    }

    /// Records a form from another site. Its body is not read.
    pub(super) fn from_elsewhere(request: &Request<'_>) {
        let (received, own) = (shorten(&claimed_origin(request)), shorten(&site_origin(request)));
        let path = named_path(request);
        warn(request, &format!("a form for {path} was refused: it came from {received}, and this site is at {own}"));
        Self { why: FormRefusal::Elsewhere { received, own }, typed: Vec::new() }.keep(request);
    }

    /// Records a form of this site without a valid token.
    pub(super) fn without_token(request: &Request<'_>, login: &Login, typed: Vec<(String, String)>) {
        let has_cookie = matches!(login, Login::Live(_)) || held_binding(request).is_some();
        let why = match (has_cookie, is_cookie_secure(request) && !comes_over_https(request)) {
            (true, _) => FormRefusal::Old,
            (false, true) => {
                let path = named_path(request);
                let cause = "the cookies are https-only (base_url, secure_cookies, X-Forwarded-Proto), but the browser used http";
                warn(request, &format!("a form for {path} was refused: {cause}"));
                FormRefusal::HttpsOnly
            }
            (false, false) => FormRefusal::NoCookie,
        };
        let is_from_this_site = request.headers().get("Origin").next().is_some();
        let (most_of_visitor, most_of_user) = MOST_SHOWN_AGAIN;
        let most = if matches!(login, Login::Live(_)) { most_of_user } else { most_of_visitor };
        let is_shown = is_from_this_site && typed.len() <= most;
        Self { why, typed: if is_shown { typed } else { Vec::new() } }.keep(request);
    }

    fn keep(self, request: &Request<'_>) {
        request.local_cache(|| Kept(Some(self)));
    }
}

/// Warns of a form that only the operator's settings can explain. Strangers can send such forms too, so most of many
/// are left out.
fn warn(request: &Request<'_>, what: &str) {
    match gate(request).and_then(|gate| gate.refused_forms.admit(Instant::now())) {
        Some(0) => log::warn!("{what}"),
        Some(left_out) => log::warn!("{what}; {left_out} more were refused since the last such line"),
        None => {}
    }
}

/// The form's origin as the browser reported it, as a phrase.
fn claimed_origin(request: &Request<'_>) -> String {
    let headers = request.headers();
    let foreign = headers.get("Origin").find(|origin| !is_own_origin(request, origin));
    foreign.map_or_else(|| "another site (Sec-Fetch-Site)".to_owned(), |origin| format!("the origin {origin}"))
}

/// Prefers the scheme in the browser's `Origin`: the scheme that a proxy reports may be wrong.
fn comes_over_https(request: &Request<'_>) -> bool {
    let origin = request.headers().get_one("Origin").filter(|origin| origin.contains("://"));
    origin.map_or_else(|| is_https(request), |origin| origin.starts_with("https://"))
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_SHOWN_CHARACTERS).collect()
}
