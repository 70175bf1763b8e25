//! Who is acting, and from where.

use std::net::{Ipv6Addr, SocketAddr};

use ipnet::Ipv6Net;

use crate::{
    domain::{
        logins::{public_id::PublicId, session_secret::SecretHash},
        people::{role::Role, text::escaped},
    },
    store::events::Named,
};

/// The most characters of a user agent that are kept.
const USER_AGENT_CHARACTERS: usize = 300;

/// The prefix of an IPv6 address that is counted. A network gets a /64 (RFC 4291, section 2.5.4) and can choose any
/// address in it, so counting single addresses would limit nothing.
const IPV6_PREFIX: u8 = 64;

/// Where a request came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The client's address, as seen through the trusted proxies.
    pub address: String,
    user_agent: String,
    /// The other end of the connection.
    peer: Option<SocketAddr>,
    known: Vec<KnownBrowser>,
    /// Where the client reached the site, such as `http://localhost:8000`. Letters of a site without `base_url` lead
    /// there.
    origin: Option<String>,
}

/// A browser that has logged in to an account before. It has a counter of its own for wrong passwords, and no other
/// right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    /// The account.
    pub user_id: i64,
    /// The version of the account's password at that login. A change of the password makes the browser unknown.
    pub password_version: i64,
    /// A random value that identifies the browser.
    pub browser: String,
}

impl Client {
    /// A client. Characters of its user agent that could hide or reorder text are escaped, and text beyond 300
    /// characters is cut.
    #[must_use]
    pub fn new(address: String, user_agent: &str) -> Self {
        let user_agent = escaped(user_agent).chars().take(USER_AGENT_CHARACTERS).collect();
        Self { address, user_agent, peer: None, known: Vec::new(), origin: None }
    }

    /// Adds the other end of the connection, to notice when the client hangs up.
    #[must_use]
    pub fn connected_from(self, peer: Option<SocketAddr>) -> Self {
        Self { peer, ..self }
    }

    /// The other end of the connection.
    pub(super) const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Adds the accounts that the browser has logged in to before.
    #[must_use]
    pub fn known_as(self, known: Vec<KnownBrowser>) -> Self {
        Self { known, ..self }
    }

    /// Adds where the client reached the site.
    #[must_use]
    pub fn at_origin(self, origin: String) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Where the client reached the site.
    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether the browser has logged in to the account with the password of version `from_version` or later.
    pub(super) fn has_used(&self, user_id: i64, from_version: i64) -> bool {
        self.known.iter().any(|known| known.user_id == user_id && known.password_version >= from_version)
    }

    /// The browser, if it has logged in to the account since the last change of its password.
    pub(super) fn known_browser(&self, user_id: i64, password_version: i64) -> Option<&str> {
        let mut known = self.known.iter();
        let known = known.find(|known| known.user_id == user_id && known.password_version == password_version);
        known.map(|known| known.browser.as_str())
    }

    /// The `User-Agent` of the client, escaped and cut.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }
}

/// The address to count: an IPv4 address itself, or the network of an IPv6 address.
pub(super) fn counted_address(address: &str) -> String {
    match address.parse::<Ipv6Addr>().map(|address| Ipv6Net::new(address, IPV6_PREFIX)) {
        Ok(Ok(network)) => network.trunc().to_string(),
        _ => address.to_owned(),
    }
}

/// A user who was let in and is acting.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Their account. `None` is the person at the command line.
    pub user_id: Option<i64>,
    /// Their name, for events.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The login that they act with.
    pub session: Option<PublicId>,
    /// The hash of the secret that proved a browser's session. A password check replaces the secret.
    pub session_secret: Option<SecretHash>,
    /// The client that they act from.
    pub client: Option<Client>,
    /// The bulk action that they carry out.
    pub bulk: Option<PublicId>,
}

impl Actor {
    /// The person at the server's command line, who may do everything.
    #[must_use]
    pub fn operator(system_user: &str) -> Self {
        Self {
            user_id: None,
            name: format!("{system_user} (command line)"),
            role: Role::Superuser,
            session: None,
            session_secret: None,
            client: None,
            bulk: None,
        }
    }

    /// The actor as events name it.
    pub(super) fn named(&self) -> Named<'_> {
        Named { id: self.user_id, name: &self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_escaped_and_cut_at_300_characters() {
        let agent = |text: &str| Client::new(String::new(), text).user_agent().to_owned();
        assert_eq!(agent("Firefox/130 \u{202e}x\u{9b}31m"), "Firefox/130 \\u{202e}x\\u{9b}31m");
        assert_eq!(agent(&"é".repeat(301)), "é".repeat(300));
    }
}
