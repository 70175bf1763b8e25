//! The client of a request, as the use cases record it in events.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{
    accounts::Client,
    gate::{
        cookies::known::KnownAccounts,
        transport::{client_address, gate, requested_origin},
    },
};

/// The client's address, as reported by the trusted proxies, and its user agent.
#[derive(Debug, Clone)]
pub struct ClientOf(pub Client);

/// Like [`ClientOf`], with the accounts that the browser has logged in to before. Only the login form asks for it:
/// programs are always strangers.
#[derive(Debug, Clone)]
pub struct KnownClient(pub Client);

/// Like [`ClientOf`], without allocations. Most requests never need the client as text.
#[derive(Debug, Clone, Copy)]
pub(in crate::gate) struct RequestClient<'r> {
    address: Option<IpAddr>,
    peer: Option<SocketAddr>,
    user_agent: &'r str,
    /// The scheme and host by which the client reached a site without `base_url`.
    origin: Option<(&'static str, &'r str)>,
}

impl<'r> RequestClient<'r> {
    pub(super) fn of(request: &'r Request<'_>) -> Self {
        Self {
            address: client_address(request),
            peer: request.remote(),
            user_agent: request.headers().get_one("User-Agent").unwrap_or_default(),
            origin: requested_origin(request),
        }
    }

    pub(super) fn to_client(self) -> Client {
        let address = self.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        let client = Client::new(address, self.user_agent).connected_from(self.peer);
        match self.origin {
            Some((scheme, host)) => client.at_origin(format!("{scheme}://{host}")),
            None => client,
        }
    }
}

impl ClientOf {
    pub(crate) fn request(request: &Request<'_>) -> Self {
        Self(RequestClient::of(request).to_client())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientOf {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::request(request))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for KnownClient {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let known = gate(request).map(|gate| KnownAccounts::of(request, gate).to_known());
        Outcome::Success(Self(ClientOf::request(request).0.known_as(known.unwrap_or_default())))
    }
}
