//! The names of the cookies. They begin with `cookie_name`, so that two sites can share a host.

use rocket::Request;

use crate::gate::transport::{gate, is_cookie_secure_by};

/// The prefix over https. Browsers keep such a cookie from subdomains, other paths and http (RFC 6265bis, section 4.1.3).
const SECURE_PREFIX: &str = "__Host-";

/// A cookie.
#[derive(Debug, Clone, Copy)]
pub(in crate::gate) enum Name {
    /// The session cookie.
    Session,
    /// The notice for the next page.
    Notice,
    /// The accounts that the browser has logged in to before. It never logs anybody in.
    Known,
    /// The random value that a visitor's CSRF tokens are bound to, because visitors have no session.
    Visitor,
}

impl Name {
    /// The name to use for this request.
    pub(in crate::gate) fn on<'r>(self, request: &'r Request<'_>) -> &'r str {
        gate(request).map_or("", |gate| gate.cookie_names.get(self, is_cookie_secure_by(&gate.settings, request)))
    }
}

/// The names of every cookie. They are built once, because each request needs them.
#[derive(Debug)]
pub(crate) struct CookieNames {
    plain: Names,
    secure: Names,
}

#[derive(Debug)]
struct Names {
    session: String,
    notice: String,
    known: String,
    visitor: String,
}

impl Names {
    fn new(session: String) -> Self {
        let [notice, known, visitor] = ["notice", "known", "visitor"].map(|rest| format!("{session}-{rest}"));
        Self { session, notice, known, visitor }
    }
}

impl CookieNames {
    /// The names of the cookies of a site whose session cookie has this name.
    pub(in crate::gate) fn new(session: &str) -> Self {
        Self { plain: Names::new(session.to_owned()), secure: Names::new(format!("{SECURE_PREFIX}{session}")) }
    }

    pub(in crate::gate) fn get(&self, name: Name, is_secure: bool) -> &str {
        let names = if is_secure { &self.secure } else { &self.plain };
        match name {
            Name::Session => &names.session,
            Name::Notice => &names.notice,
            Name::Known => &names.known,
            Name::Visitor => &names.visitor,
        }
    }
}
