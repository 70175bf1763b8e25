//! The scheme, the host and the client address of a request.
//!
//! The setting `base_url` decides the scheme. Without it, and for addresses, `X-Forwarded-*` headers count if they come
//! from a trusted proxy.

use std::net::{IpAddr, SocketAddr};

use rocket::{
    Request,
    http::{Header, uri::Host},
};

use super::Gate;
use crate::settings::{SecureCookies, Settings};

/// Whether the client reached the site over https.
#[must_use]
pub fn is_https(request: &Request<'_>) -> bool {
    gate(request).is_some_and(|gate| is_https_by(&gate.settings, request))
}

/// Whether this request's cookies have the `Secure` attribute and the `__Host-` prefix.
pub(super) fn is_cookie_secure(request: &Request<'_>) -> bool {
    gate(request).is_none_or(|gate| is_cookie_secure_by(&gate.settings, request))
}

/// The same by these settings.
pub(super) fn is_cookie_secure_by(settings: &Settings, request: &Request<'_>) -> bool {
    match settings.secure_cookies {
        SecureCookies::Always => true,
        SecureCookies::Never => false,
        SecureCookies::Auto => is_https_by(settings, request),
    }
}

/// The client's address: the last one in `X-Forwarded-For` that is not a trusted proxy's. Without a trusted
/// proxy, the address of the peer.
pub(super) fn client_address(request: &Request<'_>) -> Option<IpAddr> {
    let peer = request.remote().map(|remote| remote.ip())?;
    let Some(gate) = gate(request) else { return Some(peer) };
    let mut address = peer;
    if !is_trusted(&gate.settings, peer) {
        return Some(peer.to_canonical());
    }
    let forwarded: Vec<&str> = request.headers().get("X-Forwarded-For").flat_map(hops).collect();
    for hop in forwarded.iter().rev() {
        if !is_trusted(&gate.settings, address) {
            break;
        }
        // Not an address, so no trusted proxy wrote it.
        let Some(previous) = hop_address(hop) else { break };
        address = previous;
    }
    Some(address.to_canonical())
}

/// The elements of a header line, without the empty ones (RFC 9110, section 5.6.1.2).
fn hops(line: &str) -> impl DoubleEndedIterator<Item = &str> {
    line.split(',').map(str::trim).filter(|hop| !hop.is_empty())
}

/// The address in one element of `X-Forwarded-For`. It may have a port, and an IPv6 address may be in brackets
/// (RFC 7239, section 6, which many proxies follow in this header too).
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let with_port = || hop.parse().map(|address: SocketAddr| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

/// The scheme and host by which the client reached a site without `base_url`. With it, a request never decides where
/// links lead.
pub(super) fn requested_origin<'r>(request: &'r Request<'_>) -> Option<(&'static str, &'r str)> {
    if gate(request)?.settings.base_url.is_some() {
        return None;
    }
    let host = request.headers().get_one("Host")?;
    Some((if is_https(request) { "https" } else { "http" }, host))
}

/// Whether the request has exactly one valid `Host` header (RFC 9112, section 3.2), and over HTTP/2 no other `:authority`
/// (RFC 9113, section 8.3.1). Rocket accepts none, and takes the first of two.
pub(crate) fn names_one_host(request: &Request<'_>) -> bool {
    let mut hosts = request.headers().get("Host");
    match (hosts.next().map(Host::parse), hosts.next()) {
        (Some(Ok(host)), None) => request.host().is_none_or(|taken| *taken == host),
        _ => false,
    }
}

/// Gives a request of HTTP/2 the `Host` header that it has over HTTP/1.1: Rocket takes its host from `:authority`.
pub(super) fn add_host_of_http2(request: &mut Request<'_>) {
    if let Some(host) = request.host().filter(|_| !request.headers().contains("Host")).map(ToString::to_string) {
        request.add_header(Header::new("Host", host));
    }
}

pub(super) fn gate<'r>(request: &'r Request<'_>) -> Option<&'r Gate> {
    request.rocket().state::<Gate>()
}

fn is_https_by(settings: &Settings, request: &Request<'_>) -> bool {
    if let Some(base_url) = &settings.base_url {
        return base_url.is_https();
    }
    if request.rocket().config().tls_enabled() {
        return true;
    }
    // Most requests end here: looking a header up costs more than the rest of this.
    if !request.remote().is_some_and(|remote| is_trusted(settings, remote.ip())) {
        return false;
    }
    let last = request.headers().get("X-Forwarded-Proto").last().and_then(|line| line.rsplit(',').next());
    last.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"))
}

fn is_trusted(settings: &Settings, address: IpAddr) -> bool {
    let address = address.to_canonical();
    settings.trusted_proxies.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_elements_are_skipped() {
        for line in ["192.0.2.1,203.0.113.7", "192.0.2.1, 203.0.113.7, ", ",192.0.2.1,,203.0.113.7,,"] {
            assert_eq!(hops(line).collect::<Vec<_>>(), ["192.0.2.1", "203.0.113.7"], "{line}");
        }
    }

    #[test]
    fn a_hop_is_parsed_in_every_notation_that_proxies_use() {
        for (hop, address) in [
            ("203.0.113.7", Some("203.0.113.7")),
            ("203.0.113.7:51234", Some("203.0.113.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("unknown", None),
            ("_hidden", None),
            ("203.0.113.7:", None),
            ("203.0.113.7:99999", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]x", None),
            ("", None),
        ] {
            assert_eq!(hop_address(hop).map(|address| address.to_string()).as_deref(), address, "{hop}");
        }
    }
}
