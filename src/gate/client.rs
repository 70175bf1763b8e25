//! Where a request came from, as the use cases note it.

use std::convert::Infallible;

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::transport::client_address;
use crate::accounts::Client;

/// The client behind a request: its address as seen through the trusted proxies, its user agent.
#[derive(Debug, Clone)]
pub struct ClientOf(pub Client);

impl ClientOf {
    pub(crate) fn request(request: &Request<'_>) -> Self {
        let address = client_address(request).map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        Self(Client::new(address, request.headers().get_one("User-Agent").unwrap_or_default()))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientOf {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::request(request))
    }
}
