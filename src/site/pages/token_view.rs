//! A token in a list, for its user and for staff.

use serde::Serialize;

use crate::{
    accounts::ListedLogin,
    domain::{logins::kind::LoginKind, moment::Moment},
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
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}
