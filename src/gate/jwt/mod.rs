//! JSON Web Tokens (RFC 7519): made from a family, and read back.
//!
//! A signature only shows that we made it. Whether its login is good is judged on each request, as for
//! every other, so that a JWT ends when its login does, and not when it expires.

mod added;
mod claims;
mod hs256;
mod read;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};
use serde_json::{Map, Value};

use self::{
    claims::{Claims, LoginOf, TokenType},
    read::{ReadLately, Said},
};
use super::{
    Gate, Refused,
    transport::{gate, is_https},
};
use crate::{
    accounts::{Family, RefreshClaim},
    domain::moment::Moment,
    settings::{SecretKeys, SecretMaterial, Settings},
};

pub use added::AddedClaims;

/// The bytes of a key's name: enough that two never meet, and nothing about the key.
const KEY_NAME_BYTES: usize = 9;
/// No token of ours is longer, whatever a site adds: a header has 8 KiB.
const MAX_LENGTH: usize = 7 * 1024;

/// The longest name of a host, with its port (RFC 1035, section 2.3.4).
const HOST_LENGTH: usize = 253 + ":65535".len();

/// The keys that tokens are signed with. The previous ones are read too.
pub(crate) struct JwtKeys {
    current: JwtKey,
    previous: Vec<JwtKey>,
    read_lately: ReadLately,
}

struct JwtKey {
    name: String,
    signs: EncodingKey,
    reads: DecodingKey,
}

impl fmt::Debug for JwtKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtKeys")
    }
}

impl JwtKey {
    fn of(key: &SecretMaterial) -> Self {
        let secret = key.derive("curfew jwt");
        Self {
            name: BASE64URL_NOPAD.encode(&key.derive("curfew jwt key name")[..KEY_NAME_BYTES]),
            signs: EncodingKey::from_secret(&secret),
            reads: DecodingKey::from_secret(&secret),
        }
    }
}

/// The tokens that a program is given.
#[derive(Clone)]
pub struct TokenPair {
    /// To call the API with.
    pub access: String,
    /// To get the next pair with, once.
    pub refresh: String,
    /// For how many seconds the first is good.
    pub expires_in: i64,
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenPair")
    }
}

/// Why a JWT was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtError {
    /// It is none of ours, or not for this.
    Invalid,
    /// It was good, and its time is over.
    Expired,
}

/// An access token of ours, read; whether its login is good is another question.
#[derive(Debug, Clone)]
pub(super) struct Access(Arc<Said>);

impl Access {
    /// Whose login it is.
    pub(super) fn login(&self) -> &LoginOf {
        &self.0.login
    }

    /// What the site has added.
    pub(super) fn added(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.0.added)
    }
}

impl JwtKeys {
    pub(super) fn new(keys: &SecretKeys) -> Self {
        hs256::install();
        Self {
            current: JwtKey::of(&keys.current),
            previous: keys.previous.iter().map(JwtKey::of).collect(),
            read_lately: ReadLately::default(),
        }
    }

    fn sign(&self, claims: &Claims) -> Option<String> {
        let header = Header { kid: Some(self.current.name.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &self.current.signs).ok()
    }

    /// What a token says that one of our keys has signed, for that origin if one is given; its times are not
    /// looked at.
    fn read(&self, token: &str, origin: Option<&str>) -> Option<Claims> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        // Of the header only the key's name is used, and only to find it among ours.
        let header = decode_header(token).ok()?;
        // What must be understood and is not (RFC 7515, section 4.1.11): we never ask for anything.
        let name = header.kid.filter(|_| header.crit.is_none())?;
        let key = [&self.current].into_iter().chain(&self.previous).find(|key| key.name == name)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "nbf", "sub", "iss", "aud"]);
        match origin {
            Some(origin) => {
                validation.set_issuer(&[origin]);
                validation.set_audience(&[origin]);
            }
            None => validation.validate_aud = false,
        }
        // Judged by the one clock that made them, which may be the database's: see `Jwt::must_be_in_time`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        decode::<Claims>(token, &key.reads, &validation).ok().map(|token| token.claims)
    }
}

/// Makes and reads JWT for a request: who makes them and for whom is the site as it is reached from there.
#[derive(Debug)]
pub struct Jwt<'r> {
    gate: &'r Gate,
    added: Option<&'r AddedClaims>,
    origin: Cow<'r, str>,
}

impl<'r> Jwt<'r> {
    /// For that request; none where the gate is not attached, or the request names no host that could be one.
    pub(super) fn of(request: &'r Request<'_>) -> Option<Self> {
        let gate = gate(request)?;
        Some(Self { gate, added: request.rocket().state(), origin: origin(request, &gate.settings)? })
    }

    /// The newest tokens of a family, with what the site adds to an access token. None where that is more
    /// than a header can hold.
    #[must_use]
    pub fn pair_of(&self, family: &Family) -> Option<TokenPair> {
        let Settings { access_token_lifetime, refresh_token_lifetime, .. } = &*self.gate.settings;
        let mut access = Claims::of(family, TokenType::Access, delta(*access_token_lifetime), &self.origin);
        access.added = self.added.map(|added| added.of(family)).unwrap_or_default();
        let refresh = Claims::of(family, TokenType::Refresh, delta(*refresh_token_lifetime), &self.origin);
        Some(TokenPair {
            expires_in: (access.exp - family.asked_at.timestamp()).max(0),
            access: self.gate.jwt_keys.sign(&access).filter(|token| token.len() <= MAX_LENGTH)?,
            refresh: self.gate.jwt_keys.sign(&refresh)?,
        })
    }

    /// Reads an access token.
    pub(super) fn read_access(&self, token: &str, now: Moment) -> Result<Access, JwtError> {
        let read = || {
            let claims = self.read_signed(token, TokenType::Access)?;
            let (login, Claims { nbf, exp, added, .. }) = (claims.login()?, claims);
            Some(Said { login, nbf, exp, added: Arc::new(added) })
        };
        let read_lately = &self.gate.jwt_keys.read_lately;
        let said = read_lately.get_or_read(&self.origin, token, read).ok_or(JwtError::Invalid)?;
        self.must_be_in_time(said.nbf, said.exp, now)?;
        Ok(Access(said))
    }

    /// Reads a refresh token.
    ///
    /// # Errors
    /// When it is none of ours, or its time is over.
    pub fn read_refresh(&self, token: &str, now: Moment) -> Result<RefreshClaim, JwtError> {
        let claims = self.read_signed(token, TokenType::Refresh).ok_or(JwtError::Invalid)?;
        self.must_be_in_time(claims.nbf, claims.exp, now)?;
        refresh_claim(&claims).ok_or(JwtError::Invalid)
    }

    /// The same for one that is to be given back: whoever it was for, and although its time may be over, its
    /// family can be ended.
    #[must_use]
    pub fn read_refresh_to_end(&self, token: &str) -> Option<RefreshClaim> {
        let claims = self.gate.jwt_keys.read(token, None)?;
        refresh_claim(&claims).filter(|_| claims.token_type == TokenType::Refresh)
    }

    fn must_be_in_time(&self, nbf: i64, exp: i64, now: Moment) -> Result<(), JwtError> {
        let leeway = i64::try_from(self.gate.settings.token_leeway.as_secs()).unwrap_or(i64::MAX);
        if nbf.saturating_sub(leeway) > now.timestamp() {
            return Err(JwtError::Invalid);
        }
        // "On or after which" it must not be accepted (RFC 7519, section 4.1.4).
        if now.timestamp() >= exp.saturating_add(leeway) {
            return Err(JwtError::Expired);
        }
        Ok(())
    }

    fn read_signed(&self, token: &str, wanted: TokenType) -> Option<Claims> {
        self.gate.jwt_keys.read(token, Some(&self.origin)).filter(|claims| claims.token_type == wanted)
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
    let LoginOf { user_id, family, login_date } = claims.login()?;
    let generation = Some(claims.generation).filter(|number| (0..i64::MAX).contains(number))?;
    Some(RefreshClaim { family, user_id, login_date, generation })
}

/// Where the site is reached from outside; without a setting, where the request says that it was.
fn origin<'r>(request: &'r Request<'_>, settings: &'r Settings) -> Option<Cow<'r, str>> {
    if let Some(base_url) = &settings.base_url {
        return Some(Cow::Borrowed(base_url.as_str()));
    }
    let host = request.headers().get_one("Host").unwrap_or("localhost");
    let is_host =
        host.len() <= HOST_LENGTH && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    let scheme = if is_https(request) { "https" } else { "http" };
    is_host.then(|| Cow::Owned(format!("{scheme}://{}", host.to_ascii_lowercase())))
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
