//! The security and caching headers of every response.

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Header, Status},
};

use super::{
    Addresses,
    transport::{gate, is_https},
};

/// Only this site's own files, nothing inline, and no framing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// One year, in seconds (RFC 6797).
const STRICT_TRANSPORT: &str = "max-age=31536000";
/// The same for all subdomains too.
const STRICT_TRANSPORT_OF_ALL: &str = "max-age=31536000; includeSubDomains";

/// How long browsers and proxies may cache a response. A handler sets it in the request's local cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Do not store it: it belongs to one user, or may change.
    Never,
    /// Store it, and revalidate it by its `ETag` on each use.
    Revalidate,
    /// Cache it for a year: its URL changes with its content.
    Immutable,
}

impl Caching {
    const fn directives(self) -> &'static str {
        match self {
            Self::Never => "no-store",
            Self::Revalidate => "public, no-cache",
            Self::Immutable => "public, max-age=31536000, immutable",
        }
    }
}

/// Pages of this site learn where a user came from, unless that address is a secret.
fn referrer_policy(request: &Request<'_>) -> &'static str {
    if Addresses::of(request).is_secret(request.uri().path().as_str()) { "no-referrer" } else { "same-origin" }
}

/// Sets the security headers and `Cache-Control` on every response, also on errors.
pub(super) struct Headers;

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "Security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        for (name, value) in [
            ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"), // for browsers without frame-ancestors
            ("Referrer-Policy", referrer_policy(request)),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ] {
            response.set_header(Header::new(name, value));
        }
        if is_https(request) {
            let of_all = gate(request).is_some_and(|gate| gate.settings.hsts_include_subdomains);
            let value = if of_all { STRICT_TRANSPORT_OF_ALL } else { STRICT_TRANSPORT };
            response.set_header(Header::new("Strict-Transport-Security", value));
        }
        if response.content_type().is_some_and(|kind| kind.is_event_stream()) {
            // nginx would otherwise buffer the events until its buffer is full.
            response.set_header(Header::new("X-Accel-Buffering", "no"));
        }
        let requested = *request.local_cache(|| Caching::Never);
        let is_cacheable = [Status::Ok, Status::NotModified].contains(&response.status());
        let caching = if is_cacheable { requested } else { Caching::Never };
        response.set_header(Header::new("Cache-Control", caching.directives()));
    }
}
