//! What a JWT of ours says (RFC 7519, section 4.1, and our own).

use chrono::{DateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    accounts::Family,
    domain::{logins::session_secret::SessionId, moment::Moment},
};

/// What a token is for: one kind is never taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenType {
    /// To call the API.
    Access,
    /// To get the next tokens.
    Refresh,
}

/// The claims. A site's own stand beside them, in access tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The account's number.
    sub: String,
    /// When it was made, in seconds.
    iat: i64,
    /// From when on it is good, in seconds.
    pub(in crate::gate) nbf: i64,
    /// Until when, in seconds.
    pub(in crate::gate) exp: i64,
    /// No two tokens of ours share one, but for those that are the same.
    jti: String,
    /// Who made it and for whom: the origin of the site.
    iss: String,
    aud: String,
    pub(in crate::gate) token_type: TokenType,
    /// `LAST_LOGIN_DATE`, in microseconds: seconds would be too coarse for the rule.
    login_date: i64,
    /// The public name of its family.
    family: String,
    /// Which token of its family it is.
    pub(in crate::gate) generation: i64,
    #[serde(flatten)]
    pub(in crate::gate) added: Map<String, Value>,
}

/// Whose login a token is.
#[derive(Debug, Clone)]
pub(in crate::gate) struct LoginOf {
    pub(in crate::gate) user_id: i64,
    pub(in crate::gate) family: SessionId,
    pub(in crate::gate) login_date: Moment,
}

/// A node knows the time of the database, which dates the tokens, to within milliseconds: around the turn
/// of a second its own is the one before.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(1);

impl Claims {
    /// The claims of a family's newest token of that type, for the site at that origin: the same, whoever
    /// makes them.
    pub(super) fn of(family: &Family, token_type: TokenType, lifetime: TimeDelta, origin: &str) -> Self {
        let made_at = family.rotated_at;
        let until = made_at.checked_add_signed(lifetime).map_or(family.expires_at, |end| end.min(family.expires_at));
        let word = match token_type {
            TokenType::Access => "access",
            TokenType::Refresh => "refresh",
        };
        Self {
            sub: family.user_id.to_string(),
            iat: made_at.timestamp(),
            nbf: (made_at - CLOCKS_DIFFER).timestamp(),
            exp: until.timestamp(),
            jti: format!("{}.{}.{word}", family.id.as_str(), family.generation),
            iss: origin.to_owned(),
            aud: origin.to_owned(),
            token_type,
            login_date: family.login_date.timestamp_micros(),
            family: family.id.as_str().to_owned(),
            generation: family.generation,
            added: Map::new(),
        }
    }

    /// Whose login it is, if it reads as one.
    pub(super) fn login(&self) -> Option<LoginOf> {
        Some(LoginOf {
            user_id: self.sub.parse().ok()?,
            family: SessionId::parse(&self.family)?,
            login_date: DateTime::from_timestamp_micros(self.login_date)?,
        })
    }
}

/// The names of the claims that are ours: a site's own do not replace them.
pub(super) const RESERVED: [&str; 11] =
    ["sub", "iat", "nbf", "exp", "jti", "iss", "aud", "token_type", "login_date", "family", "generation"];
