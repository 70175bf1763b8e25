//! The one writer of cookies.
//!
//! A response fairing, so that it works on every outcome: Rocket resets its jar when a guard or
//! handler fails, and a removal stated there would be lost.

pub(super) mod changes;
pub(super) mod notice;
mod opened;
pub(super) mod session_cookie;
pub(super) mod visitor;

use std::time::Duration;

use cookie::{Cookie, CookieBuilder, SameSite, time};
use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::Header,
};

use self::{
    changes::{NoticeChange, SessionChange, Wanted},
    session_cookie::Content,
};
use super::{
    Changes, Gate,
    transport::{gate, is_cookie_secure, is_https},
};
use crate::accounts::StartedSession;

/// A cookie of ours: its name over http, and over https.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    plain: &'static str,
    secure: &'static str,
}

/// The session.
pub(super) const SESSION: Name = Name { plain: "curfew", secure: "__Host-curfew" };
/// The notice for the next page.
pub(super) const NOTICE: Name = Name { plain: "curfew-notice", secure: "__Host-curfew-notice" };
/// What a visitor's forms are bound to, before there is a session.
pub(super) const VISITOR: Name = Name { plain: "curfew-visitor", secure: "__Host-curfew-visitor" };

impl Name {
    /// The name on this request.
    pub(super) fn on(self, request: &Request<'_>) -> &'static str {
        if is_cookie_secure(request) { self.secure } else { self.plain }
    }
}

/// What the browser sent under that name, still sealed where it is.
fn received<'r>(request: &'r Request<'_>, name: Name) -> Option<&'r str> {
    request.cookies().get(name.on(request)).map(rocket::http::Cookie::value)
}

/// What else the browser sent under that name. Another site on the same host, at another port or path, may use
/// it too, and Rocket's jar keeps one cookie per name.
fn received_beside<'r>(request: &'r Request<'_>, name: Name, first: &'r str) -> impl Iterator<Item = String> {
    let name = name.on(request);
    let pairs = request.headers().get("Cookie").flat_map(|line| line.split(';'));
    let cookies = pairs.filter_map(|pair| Cookie::parse_encoded(pair.trim().to_owned()).ok());
    cookies
        .filter(move |cookie| cookie.name() == name && cookie.value() != first)
        .map(|cookie| cookie.value().to_owned())
}

/// Finds what one of the cookies of that name is to us, the jar's first.
pub(super) fn find_in_received<T>(request: &Request<'_>, name: Name, ours: impl Fn(&str) -> Option<T>) -> Option<T> {
    let first = received(request, name)?;
    ours(first).or_else(|| received_beside(request, name, first).find_map(|other| ours(&other)))
}

/// Writes what guards and handlers have stated.
pub(super) struct CookieWriter;

#[rocket::async_trait]
impl Fairing for CookieWriter {
    fn info(&self) -> Info {
        Info { name: "The one writer of cookies", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(gate) = gate(request) else { return };
        let Wanted { session, notice, visitor, clears_site_data, .. } = Changes::of(request).to_write();
        let writer = Writer { gate, is_secure: is_cookie_secure(request), request };
        // A visitor's forms end with their login: their token must not be good again after it.
        let is_start = matches!(session, Some(SessionChange::Start(_)));
        let visitor = if is_start {
            Some(writer.removal(VISITOR))
        } else {
            visitor.map(|visitor| writer.cookie(VISITOR, visitor))
        };
        let session = session.map(|change| writer.session(change));
        let notice = notice.map(|change| writer.notice(change));
        for cookie in [session, notice, visitor].into_iter().flatten() {
            response.adjoin_header(Header::new("Set-Cookie", cookie.encoded().to_string()));
        }
        if clears_site_data && is_https(request) {
            // The cookie has just been removed by name; "cookies" would take the notice with it.
            response.set_header(Header::new("Clear-Site-Data", "\"cache\", \"storage\""));
        }
    }
}

struct Writer<'g, 'r> {
    gate: &'g Gate,
    is_secure: bool,
    request: &'g Request<'r>,
}

impl Writer<'_, '_> {
    fn session(&self, change: SessionChange) -> Cookie<'static> {
        match change {
            SessionChange::Start(started) => self.sealed_session(&Content::of(&started), self.whole_life(&started)),
            SessionChange::Renew(content, left) => self.sealed_session(&content, left),
            SessionChange::End => self.removal(SESSION),
        }
    }

    /// With "remember me" as long as the session may last, else as long as the browser runs.
    fn whole_life(&self, started: &StartedSession) -> Option<Duration> {
        started.remember.then(|| self.gate.settings.limits(started.role).lifetime)
    }

    fn sealed_session(&self, content: &Content, life: Option<Duration>) -> Cookie<'static> {
        let name = SESSION.on(self.request);
        let mut cookie = self.cookie(SESSION, self.gate.seals.seal(name, content.to_json()));
        cookie.set_max_age(life.and_then(|life| time::Duration::try_from(life).ok()));
        cookie
    }

    fn notice(&self, change: NoticeChange) -> Cookie<'static> {
        match change {
            NoticeChange::Leave(notice) => {
                self.cookie(NOTICE, self.gate.seals.seal(NOTICE.on(self.request), notice.to_json()))
            }
            NoticeChange::Clear => self.removal(NOTICE),
        }
    }

    fn cookie(&self, name: Name, value: String) -> Cookie<'static> {
        CookieBuilder::new(name.on(self.request), value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .build()
    }

    /// With the same `Path` and `Secure`, or browsers keep a `__Host-` cookie.
    fn removal(&self, name: Name) -> Cookie<'static> {
        let mut cookie = self.cookie(name, String::new());
        cookie.set_max_age(time::Duration::ZERO);
        cookie.set_expires(time::OffsetDateTime::UNIX_EPOCH);
        cookie
    }
}
