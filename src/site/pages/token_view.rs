//! A token as the lists show it, to its person and to staff.

use serde::Serialize;

use crate::{
    accounts::ListedLogin,
    domain::{logins::kind::LoginKind, moment::Moment},
};

/// One line of a list of tokens. What opens it is not in it, and nowhere else.
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
