//! A token as the lists show it, to its person and to staff.

use serde::Serialize;

use crate::{
    accounts::ListedToken,
    domain::{moment::Moment, token::TokenKind},
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

impl From<ListedToken> for TokenView {
    fn from(listed: ListedToken) -> Self {
        let row = listed.row;
        Self {
            id: row.id,
            label: row.label,
            is_jwt: listed.kind == TokenKind::Jwt,
            created: row.opened_at,
            last_used: listed.last_used,
            expires: row.expires_at,
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}
