//! JSON Web Tokens (RFC 7519): signs the tokens of a family and verifies them.
//!
//! A valid signature does not grant access. The login of a JWT is judged on each request like any other, so a JWT
//! stops working when its login ends, even before it expires.

mod added;
mod claims;
mod hs256;
mod read;

use std::{fmt, sync::Arc, time::Duration};

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::decode_header;
use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};
use serde_json::{Map, Value};

use self::{
    claims::{Claims, TokenLogin, TokenType},
    hs256::Hs256Key,
    read::{AccessClaims, VerifiedTokens},
};
use super::{Gate, Refused, transport::gate};
use crate::{
    accounts::{Family, RefreshClaim},
    domain::moment::Moment,
    settings::{BaseUrl, SecretKeys, SecretMaterial, Settings},
};

pub use added::AddedClaims;

/// The length of a key id, in bytes: long enough to be unique. A key id reveals nothing about its key.
const KEY_ID_BYTES: usize = 9;
/// The maximum length of a token, in bytes: clients and servers limit a header to 8 KiB.
const MAX_TOKEN_BYTES: usize = 7 * 1024;

/// The keys of the tokens. The current key signs tokens, and the previous keys still verify them.
pub(crate) struct JwtKeys {
    current: Hs256Key,
    previous: Vec<Hs256Key>,
    verified: VerifiedTokens,
}

impl fmt::Debug for JwtKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtKeys")
    }
}

/// The key that tokens are signed with, derived from a secret key.
fn key_of(secret: &SecretMaterial) -> Hs256Key {
    let id = BASE64URL_NOPAD.encode(&secret.derive("curfew jwt key name")[..KEY_ID_BYTES]);
    Hs256Key::new(id, &secret.derive("curfew jwt"))
}

/// An access token and its refresh token.
#[derive(Clone)]
pub struct TokenPair {
    /// Authorizes API requests.
    pub access: String,
    /// Exchanged once for the next pair.
    pub refresh: String,
    /// The remaining lifetime of the access token, in seconds.
    pub expires_in: i64,
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenPair")
    }
}

/// Why a JWT was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtError {
    /// It was not issued by this site, is malformed, is of the wrong type, or is not valid yet.
    Invalid,
    /// It has expired.
    Expired,
}

/// A verified access token. Its login may have ended.
#[derive(Debug, Clone)]
pub(super) struct AccessToken(Arc<AccessClaims>);

impl AccessToken {
    /// The login that the token belongs to.
    pub(super) fn login(&self) -> &TokenLogin {
        &self.0.login
    }

    /// The site's custom claims.
    pub(super) fn added(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.0.added)
    }
}

impl JwtKeys {
    pub(super) fn new(keys: &SecretKeys) -> Self {
        Self {
            current: key_of(&keys.current),
            previous: keys.previous.iter().map(key_of).collect(),
            verified: VerifiedTokens::default(),
        }
    }

    /// Verifies the signature and returns the claims. Checks issuer and audience only if an issuer is given, and
    /// never the times. `Jwt::check_times` checks those, by the site's clock.
    fn verify(&self, token: &str, issuer: Option<&str>) -> Option<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        // The header is not trusted yet: its key id only selects one of our keys.
        let header = decode_header(token).ok()?;
        // A token with critical extensions that are not understood must be refused (RFC 7515, section 4.1.11).
        // Curfew issues none, and understands none.
        let id = header.kid.filter(|_| header.crit.is_none())?;
        let key = [&self.current].into_iter().chain(&self.previous).find(|key| key.id() == id)?;
        let claims: Claims = key.verify(token)?;
        issuer.is_none_or(|issuer| claims.is_for(issuer)).then_some(claims)
    }
}

/// Signs and verifies the JWTs of a request. Their issuer and audience is the site.
#[derive(Debug)]
pub struct Jwt<'r> {
    gate: &'r Gate,
    added: Option<&'r AddedClaims>,
    /// The site that issues the tokens, and the only one that accepts them.
    issuer: &'r str,
}

impl<'r> Jwt<'r> {
    /// Returns `None` if the gate is not attached.
    pub(super) fn of(request: &'r Request<'_>) -> Option<Self> {
        let gate = gate(request)?;
        Some(Self { gate, added: request.rocket().state(), issuer: issuer(&gate.settings) })
    }

    /// Signs the newest tokens of a family. The access token includes the site's custom claims. Returns `None` if
    /// the access token would be too long for a header.
    #[must_use]
    pub fn sign_pair(&self, family: &Family) -> Option<TokenPair> {
        let Settings { access_token_lifetime, refresh_token_lifetime, .. } = &*self.gate.settings;
        let mut access = Claims::of(family, TokenType::Access, time_delta(*access_token_lifetime), self.issuer);
        access.added = self.added.map(|added| added.of(family)).unwrap_or_default();
        let refresh = Claims::of(family, TokenType::Refresh, time_delta(*refresh_token_lifetime), self.issuer);
        Some(TokenPair {
            expires_in: (access.exp - family.requested_at.timestamp()).max(0),
            access: self.gate.jwt_keys.current.sign(&access).filter(|token| token.len() <= MAX_TOKEN_BYTES)?,
            refresh: self.gate.jwt_keys.current.sign(&refresh)?,
        })
    }

    /// Verifies an access token.
    pub(super) fn verify_access(&self, token: &str, now: Moment) -> Result<AccessToken, JwtError> {
        let verify = || {
            let claims = self.verify(token, TokenType::Access)?;
            let (login, Claims { nbf, exp, added, .. }) = (claims.login()?, claims);
            Some(AccessClaims { login, nbf, exp, added: Arc::new(added) })
        };
        let verified = &self.gate.jwt_keys.verified;
        let claims = verified.get_or_verify(token, verify).ok_or(JwtError::Invalid)?;
        self.check_times(claims.nbf, claims.exp, now)?;
        Ok(AccessToken(claims))
    }

    /// Verifies a refresh token.
    ///
    /// # Errors
    ///
    /// Returns an error if the token is invalid or has expired.
    pub fn verify_refresh(&self, token: &str, now: Moment) -> Result<RefreshClaim, JwtError> {
        let claims = self.verify(token, TokenType::Refresh).ok_or(JwtError::Invalid)?;
        self.check_times(claims.nbf, claims.exp, now)?;
        refresh_claim(&claims).ok_or(JwtError::Invalid)
    }

    /// Verifies a refresh token that is to be revoked. Any issuer is accepted, and so is an expired token, so that
    /// its family can still be ended.
    #[must_use]
    pub fn verify_refresh_to_revoke(&self, token: &str) -> Option<RefreshClaim> {
        let claims = self.gate.jwt_keys.verify(token, None)?;
        refresh_claim(&claims).filter(|_| claims.token_type == TokenType::Refresh)
    }

    /// Whether a text has the form of a JWT (RFC 7515, section 7.1), but none of this site's keys signed it.
    pub(super) fn is_signed_by_others(&self, token: &str) -> bool {
        if token.len() > MAX_TOKEN_BYTES {
            return false; // a header may have hundreds of kilobytes, and this would decode all of them
        }
        let JwtKeys { current, previous, .. } = &self.gate.jwt_keys;
        let header = token.split('.').next().and_then(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok());
        let is_jwt = header.is_some_and(|header| serde_json::from_slice::<Map<String, Value>>(&header).is_ok())
            && token.split('.').count() == 3;
        is_jwt && ![current].into_iter().chain(previous).any(|key| key.verify::<Value>(token).is_some())
    }

    fn check_times(&self, nbf: i64, exp: i64, now: Moment) -> Result<(), JwtError> {
        let leeway = i64::try_from(self.gate.settings.token_leeway.as_secs()).unwrap_or(i64::MAX);
        if nbf.saturating_sub(leeway) > now.timestamp() {
            return Err(JwtError::Invalid);
        }
        // `exp` itself is already expired: "on or after which" (RFC 7519, section 4.1.4).
        if now.timestamp() >= exp.saturating_add(leeway) {
            return Err(JwtError::Expired);
        }
        Ok(())
    }

    fn verify(&self, token: &str, expected: TokenType) -> Option<Claims> {
        self.gate.jwt_keys.verify(token, Some(self.issuer)).filter(|claims| claims.token_type == expected)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Jwt<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match Self::of(request) {
            Some(jwt) => Outcome::Success(jwt),
            None => Outcome::Error((Status::BadRequest, Refused)),
        }
    }
}

fn refresh_claim(claims: &Claims) -> Option<RefreshClaim> {
    let TokenLogin { user_id, family, login_date } = claims.login()?;
    let generation = Some(claims.generation).filter(|number| (0..i64::MAX).contains(number))?;
    Some(RefreshClaim { family, user_id, login_date, generation })
}

/// The setting `base_url`, or a fixed name. Nothing in a request decides it.
fn issuer(settings: &Settings) -> &str {
    settings.base_url.as_ref().map_or("curfew", BaseUrl::as_str)
}

fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
