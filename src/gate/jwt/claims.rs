//! The claims of a JWT: the registered ones (RFC 7519, section 4.1) and Curfew's own.

use chrono::{DateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    accounts::Family,
    domain::{logins::public_id::PublicId, moment::Moment},
};

/// What a token may be used for. One type is never accepted as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenType {
    /// Authorizes API requests.
    Access,
    /// Exchanged for the next pair of tokens.
    Refresh,
}

/// The claims of a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The user id.
    sub: String,
    /// Issued at, in seconds since the Unix epoch.
    iat: i64,
    /// Not valid before, in seconds since the Unix epoch.
    pub(in crate::gate) nbf: i64,
    /// Expires at, in seconds since the Unix epoch.
    pub(in crate::gate) exp: i64,
    /// Unique per token. A token that is issued again keeps its id.
    jti: String,
    /// Issuer and audience: the site.
    iss: String,
    aud: String,
    pub(in crate::gate) token_type: TokenType,
    /// The login's `LAST_LOGIN_DATE`, in microseconds since the Unix epoch: the rule compares microseconds.
    login_date: i64,
    /// The public id of the token family.
    family: String,
    /// The token's number within its family.
    pub(in crate::gate) generation: i64,
    /// The site's custom claims, in access tokens only.
    #[serde(flatten)]
    pub(in crate::gate) added: Map<String, Value>,
}

/// The login that a token belongs to.
#[derive(Debug, Clone)]
pub(in crate::gate) struct TokenLogin {
    pub(in crate::gate) user_id: i64,
    pub(in crate::gate) family: PublicId,
    pub(in crate::gate) login_date: Moment,
}

/// How far `nbf` is set back. The database's clock dates the tokens, and a node knows that clock only to within
/// milliseconds. Around the turn of a second, the node may still be in the previous one.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(1);

impl Claims {
    /// The claims of a family's newest token of that type. Every node creates the same claims.
    pub(super) fn of(family: &Family, token_type: TokenType, lifetime: TimeDelta, issuer: &str) -> Self {
        let issued_at = family.rotated_at;
        let expires_at =
            issued_at.checked_add_signed(lifetime).map_or(family.expires_at, |end| end.min(family.expires_at));
        let type_name = match token_type {
            TokenType::Access => "access",
            TokenType::Refresh => "refresh",
        };
        Self {
            sub: family.user_id.to_string(),
            iat: issued_at.timestamp(),
            nbf: (issued_at - CLOCK_SKEW).timestamp(),
            exp: expires_at.timestamp(),
            jti: format!("{}.{}.{type_name}", family.id.as_str(), family.generation),
            iss: issuer.to_owned(),
            aud: issuer.to_owned(),
            token_type,
            login_date: family.login_date.timestamp_micros(),
            family: family.id.as_str().to_owned(),
            generation: family.generation,
            added: Map::new(),
        }
    }

    /// Whether this site issued the token for itself.
    pub(super) fn is_for(&self, issuer: &str) -> bool {
        self.iss == issuer && self.aud == issuer
    }

    /// The login that the token belongs to. `None` if a claim is malformed.
    pub(super) fn login(&self) -> Option<TokenLogin> {
        Some(TokenLogin {
            user_id: self.sub.parse().ok()?,
            family: PublicId::parse(&self.family)?,
            login_date: DateTime::from_timestamp_micros(self.login_date)?,
        })
    }
}

/// The claim names that a site's custom claims cannot replace.
pub(super) const RESERVED: [&str; 11] =
    ["sub", "iat", "nbf", "exp", "jti", "iss", "aud", "token_type", "login_date", "family", "generation"];
