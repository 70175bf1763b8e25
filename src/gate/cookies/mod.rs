//! Writes the cookies of every response, in one fairing.
//!
//! Nothing else may set a cookie. Rocket resets its jar when a guard or handler fails, so a removal stated there
//! would be lost. A response fairing works on every outcome.

pub(super) mod changes;
pub(super) mod claim;
pub(super) mod known;
pub(super) mod names;
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
    changes::{NoticeChange, SessionChange, StatedChanges},
    claim::Content,
    known::{KNOWN_MAX_AGE, KnownAccounts},
    names::Name,
    session_cookie::DecryptedSession,
    visitor::holds_own_binding,
};
use super::{
    Changes, Gate,
    transport::{gate, is_cookie_secure, is_https},
};
use crate::accounts::StartedSession;

/// The value of that name in Rocket's jar, not decrypted.
fn value_in_jar<'r>(request: &'r Request<'_>, name: Name) -> Option<&'r str> {
    request.cookies().get(name.on(request)).map(rocket::http::Cookie::value)
}

/// How many cookies of one name are tried: each costs a decryption, and a header has room for thousands.
const MOST_OF_A_NAME: usize = 8;

/// The other values of that name in the `Cookie` header. Another site on the same host, at another port or path, may
/// use the same name, and Rocket's jar keeps only one cookie per name.
fn other_values<'r>(request: &'r Request<'_>, name: Name, first: &'r str) -> impl Iterator<Item = String> {
    let name = name.on(request);
    let pairs = request.headers().get("Cookie").flat_map(|line| line.split(';'));
    // A header has room for thousands of other cookies, so only those of the name are parsed.
    let of_name = pairs.map(str::trim).filter(move |pair| pair.split('=').next().is_some_and(|own| own.trim() == name));
    of_name
        .filter_map(|pair| Cookie::parse_encoded(pair.to_owned()).ok())
        .filter(move |cookie| cookie.value() != first)
        .map(|cookie| cookie.value().to_owned())
        .take(MOST_OF_A_NAME)
}

/// Returns the first cookie of that name that `parse` accepts, and tries the jar's cookie first.
pub(super) fn find_cookie<T>(request: &Request<'_>, name: Name, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let first = value_in_jar(request, name)?;
    parse(first).or_else(|| other_values(request, name, first).find_map(|other| parse(&other)))
}

/// Writes the changes that guards and handlers have stated in [`Changes`].
pub(super) struct CookieWriter;

#[rocket::async_trait]
impl Fairing for CookieWriter {
    fn info(&self) -> Info {
        Info { name: "Cookie writer", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(gate) = gate(request) else { return };
        let StatedChanges { session, notice, visitor, known_to, clears_site_data, .. } =
            Changes::of(request).to_write();
        let writer = Writer { gate, is_secure: is_cookie_secure(request), request };
        // A login ends the visitor's CSRF binding, so that old forms of the visitor do not work again after a logout.
        let is_start = matches!(session, Some(SessionChange::Start(_)));
        let visitor = if is_start {
            holds_own_binding(request, &gate.cookie_keys).then(|| writer.removal(Name::Visitor))
        } else {
            visitor.map(|visitor| writer.cookie(Name::Visitor, visitor))
        };
        let known = match &session {
            Some(SessionChange::Start(started)) => Some((started.user_id, started.password_version)),
            _ => known_to,
        };
        let known = known.map(|of| writer.known(of));
        let session = session.and_then(|change| writer.session(change));
        let notice = notice.map(|change| writer.notice(change));
        for cookie in [session, known, notice, visitor].into_iter().flatten() {
            response.adjoin_header(Header::new("Set-Cookie", cookie.encoded().to_string()));
        }
        if clears_site_data && is_https(request) {
            // Without "cookies", which would also remove the notice. The session cookie is removed by name above.
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
    fn session(&self, change: SessionChange) -> Option<Cookie<'static>> {
        Some(match change {
            SessionChange::Start(started) => self.encrypted_session(&Content::of(&started), self.max_age(&started)),
            SessionChange::Renew(content, max_age) => self.encrypted_session(&content, max_age),
            SessionChange::EndOf(user_id) if !self.holds_session_of(user_id) => return None,
            SessionChange::End | SessionChange::EndOf(_) => self.removal(Name::Session),
        })
    }

    fn holds_session_of(&self, user_id: i64) -> bool {
        let name = Name::Session.on(self.request);
        let decrypt = |encrypted: &str| self.gate.cookie_keys.decrypt_session(name, encrypted);
        let decrypted = find_cookie(self.request, Name::Session, decrypt);
        matches!(decrypted, Some(DecryptedSession::Claims(claim, _)) if claim.user_id == user_id)
    }

    /// `Max-Age`: what is left of the session's lifetime with "remember me". Otherwise `None`, so the cookie ends with
    /// the browser.
    fn max_age(&self, started: &StartedSession) -> Option<Duration> {
        started.remember.then(|| self.gate.settings.limits(started.role).lifetime.saturating_sub(started.age))
    }

    fn encrypted_session(&self, content: &Content, max_age: Option<Duration>) -> Cookie<'static> {
        let name = Name::Session.on(self.request);
        let mut cookie = self.cookie(Name::Session, self.gate.cookie_keys.encrypt_session(name, content));
        cookie.set_max_age(max_age.and_then(|age| time::Duration::try_from(age).ok()));
        cookie
    }

    /// The browser has used one more account, with its password of this version.
    fn known(&self, of: (i64, i64)) -> Cookie<'static> {
        let accounts = KnownAccounts::of(self.request, self.gate).with(of);
        let name = Name::Known.on(self.request);
        let mut cookie = self.cookie(Name::Known, self.gate.cookie_keys.encrypt(name, accounts.to_json()));
        cookie.set_max_age(KNOWN_MAX_AGE);
        cookie
    }

    fn notice(&self, change: NoticeChange) -> Cookie<'static> {
        match change {
            NoticeChange::Leave(notice) => self
                .cookie(Name::Notice, self.gate.cookie_keys.encrypt(Name::Notice.on(self.request), notice.to_json())),
            NoticeChange::Clear => self.removal(Name::Notice),
        }
    }

    fn cookie(&self, name: Name, value: String) -> Cookie<'static> {
        CookieBuilder::new(name.on(self.request).to_owned(), value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .build()
    }

    /// Keeps `Path` and `Secure`: without them, browsers do not remove a `__Host-` cookie.
    fn removal(&self, name: Name) -> Cookie<'static> {
        let mut cookie = self.cookie(name, String::new());
        cookie.set_max_age(time::Duration::ZERO);
        cookie.set_expires(time::OffsetDateTime::UNIX_EPOCH);
        cookie
    }
}
