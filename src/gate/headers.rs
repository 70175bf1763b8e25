//! The headers of every answer.

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{ContentType, Header},
};

use super::transport::is_https;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A year, in seconds.
const STRICT_TRANSPORT: &str = "max-age=31536000";
/// Where the files are that are the same for everyone.
const STATIC: &str = "/static/";

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
        let is_static = request.uri().path().starts_with(STATIC) && response.status().code == 200;
        let caching = if is_static { "public, max-age=3600" } else { "no-store" };
        response.set_header(Header::new("Cache-Control", caching));
    }
}
