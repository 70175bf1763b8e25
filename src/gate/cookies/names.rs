//! The names of the cookies. They begin with `cookie_name`, so that two sites can share a host.

use rocket::Request;

use crate::gate::transport::{gate, is_cookie_secure};

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
        gate(request).map_or("", |gate| gate.cookie_names.get(self, is_cookie_secure(request)))
    }
}

/// The names of each cookie, over http and over https.
#[derive(Debug)]
pub(crate) struct CookieNames {
    plain: [String; 4],
    secure: [String; 4],
}

impl CookieNames {
    /// The names that begin with this one.
    pub(in crate::gate) fn new(first: &str) -> Self {
        let plain = ["", "-notice", "-known", "-visitor"].map(|rest| format!("{first}{rest}"));
        let secure = plain.each_ref().map(|name| format!("{SECURE_PREFIX}{name}"));
        Self { plain, secure }
    }

    pub(in crate::gate) fn get(&self, name: Name, is_secure: bool) -> &str {
        let names = if is_secure { &self.secure } else { &self.plain };
        &names[name as usize]
    }
}
