//! The headers of every answer.

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{ContentType, Header, Status},
};

use super::transport::is_https;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A year, in seconds.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// How long browsers and proxies may keep an answer. A handler states it in the request's local cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// It is somebody's own, or may change.
    Never,
    /// It may be kept, and is asked for again by its `ETag`.
    AskEachTime,
    /// Its address names its content.
    ForGood,
}

impl Caching {
    const fn directives(self) -> &'static str {
        match self {
            Self::Never => "no-store",
            Self::AskEachTime => "public, no-cache",
            Self::ForGood => "public, max-age=31536000, immutable",
        }
    }
}

/// Puts the headers that keep a page to itself on every answer.
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
            ("X-Frame-Options", "DENY"), // for browsers that do not know frame-ancestors
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ] {
            response.set_header(Header::new(name, value));
        }
        if is_https(request) {
            response.set_header(Header::new("Strict-Transport-Security", STRICT_TRANSPORT));
        }
        if response.content_type() == Some(ContentType::EventStream) {
            // nginx would keep the events back until it has a page full of them.
            response.set_header(Header::new("X-Accel-Buffering", "no"));
        }
        let stated = *request.local_cache(|| Caching::Never);
        let is_file = [Status::Ok, Status::NotModified].contains(&response.status());
        let caching = if is_file { stated } else { Caching::Never };
        response.set_header(Header::new("Cache-Control", caching.directives()));
    }
}
