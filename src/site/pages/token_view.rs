//! A token in a list, for its user and for staff.

use serde::Serialize;

use crate::{
    accounts::ListedLogin,
    domain::{address_key::Network, logins::kind::LoginKind, moment::Moment},
};

/// One row of a list of tokens. The secret is never stored, so it is not part of it.
#[derive(Debug, Serialize)]
pub struct TokenView {
    id: String,
    label: String,
    is_jwt: bool,
    created: Moment,
    last_used: Option<Moment>,
    expires: Moment,
    address: String,
    /// Whether the logins from this address can be searched.
    is_ip: bool,
    user_agent: String,
}

impl From<ListedLogin> for TokenView {
    fn from(listed: ListedLogin) -> Self {
        let row = listed.row;
        Self {
            label: row.label().to_owned(),
            is_jwt: listed.kind == LoginKind::Jwt,
            created: row.opened_at,
            last_used: listed.last_seen,
            expires: row.expiry(),
            id: row.id,
            is_ip: Network::parse(&row.address).is_ok(),
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}
