//! The security and caching headers of the site's own pages, and the caching of a host's pages.

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Header, Status},
};

use super::{
    Changes, Gate,
    own_routes::is_own,
    policy::Policy,
    root::is_for_secret,
    transport::{gate, is_https},
};

const CACHE_CONTROL: &str = "Cache-Control";

/// One year, in seconds (RFC 6797).
const STRICT_TRANSPORT: &str = "max-age=31536000";
/// The same for all subdomains too.
const STRICT_TRANSPORT_OF_ALL: &str = "max-age=31536000; includeSubDomains";

/// Which responses get the strict security headers.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    are_everywhere: bool,
    policy: Policy,
}

impl Headers {
    /// Curfew's own pages only. This is the default.
    #[must_use]
    pub fn of_own_pages() -> Self {
        Self::default()
    }

    /// Every response of the program.
    #[must_use]
    pub fn everywhere() -> Self {
        Self { are_everywhere: true, ..Self::default() }
    }

    /// Whether every response gets the headers.
    pub(super) const fn are_everywhere(&self) -> bool {
        self.are_everywhere
    }

    /// Allows more sources in the `Content-Security-Policy`, such as `img-src https://cdn.example.org`. Several
    /// directives are separated by semicolons.
    ///
    /// # Errors
    /// Returns the directive that the policy does not have, or that is malformed.
    pub(crate) fn allow(&mut self, directives: &str) -> Result<(), String> {
        self.policy.allow(directives)
    }
}

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
    if is_for_secret(request) { "no-referrer" } else { "same-origin" }
}

/// Sets the headers of a response, also of an error.
pub(super) struct HeaderWriter;

#[rocket::async_trait]
impl Fairing for HeaderWriter {
    fn info(&self) -> Info {
        Info { name: "Security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(gate) = gate(request) else { return };
        let is_own = is_own(request);
        if gate.headers.are_everywhere || is_own {
            set_security_headers(request, gate, is_own, response);
        }
        if is_own {
            let requested = *request.local_cache(|| Caching::Never);
            let is_cacheable = [Status::Ok, Status::NotModified].contains(&response.status());
            let caching = if is_cacheable { requested } else { Caching::Never };
            response.set_header(Header::new(CACHE_CONTROL, caching.directives()));
            return;
        }
        // An error at an address that no route answers, or a page that depends on who asks.
        let is_nowhere = gate.headers.are_everywhere && request.route().is_none();
        let is_private = is_nowhere || Changes::of(request).guarded_as().is_some();
        if is_private && !response.headers().contains(CACHE_CONTROL) {
            response.set_header(Header::new(CACHE_CONTROL, Caching::Never.directives()));
        }
    }
}

/// What Rocket's `Shield` sets on every response, so that nobody can tell whether a page has set it itself.
const OF_SHIELD: [&str; 3] = ["X-Content-Type-Options", "X-Frame-Options", "Permissions-Policy"];

/// Sets the security headers. A page of the host keeps its own values.
fn set_security_headers<'r>(request: &'r Request<'_>, gate: &'r Gate, is_own: bool, response: &mut Response<'r>) {
    for (name, value) in [
        ("Content-Security-Policy", gate.headers.policy.as_str()),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"), // for browsers without frame-ancestors
        ("Referrer-Policy", referrer_policy(request)),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        if is_own || OF_SHIELD.contains(&name) || !response.headers().contains(name) {
            response.set_header(Header::new(name, value));
        }
    }
    if is_https(request) {
        let value = if gate.settings.hsts_include_subdomains { STRICT_TRANSPORT_OF_ALL } else { STRICT_TRANSPORT };
        response.set_header(Header::new("Strict-Transport-Security", value));
    }
    if response.content_type().is_some_and(|kind| kind.is_event_stream()) {
        // nginx would otherwise buffer the events until its buffer is full.
        response.set_header(Header::new("X-Accel-Buffering", "no"));
    }
}
