//! A session's id and secret: the first is its public name, the second opens it.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The bytes of a session's secret: 256 bits, beyond any guessing.
const SECRET_BYTES: usize = 32;
/// The bytes of its public name: 80 bits, so that two never meet.
const NAME_BYTES: usize = 10;

/// A session's public name: it appears in addresses and events and opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

/// Why a typed name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Give an id as the list shows it: 16 letters and digits.")]
pub struct SessionIdError;

impl SessionId {
    /// A name from ten random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; NAME_BYTES]) -> Self {
        Self(BASE32_NOPAD.encode(&bytes).to_lowercase())
    }

    /// Reads a name that was typed, or stands in an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.to_uppercase().as_bytes()).ok()?;
        (bytes.len() == NAME_BYTES).then(|| Self(text.to_lowercase()))
    }

    /// Reads a name that somebody must have typed right.
    ///
    /// # Errors
    /// When it is no such name.
    pub fn read(text: &str) -> Result<Self, SessionIdError> {
        Self::parse(text).ok_or(SessionIdError)
    }

    /// A name that was read back from the store or a cookie.
    #[must_use]
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What only the browser holds.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret([u8; SECRET_BYTES]);

impl SessionSecret {
    /// A secret from random bytes.
    #[must_use]
    pub const fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads what [`Self::reveal`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The text for the encrypted cookie, and for nothing else.
    #[must_use]
    pub fn reveal(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What the store keeps. The secret is random, so one round of SHA-256 is enough.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret")
    }
}

/// The hash of a [`SessionSecret`], or of the setup code.
#[derive(Debug, Clone)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of any secret text that is itself random.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, as a key to find something by.
    #[must_use]
    pub const fn to_array(&self) -> [u8; 32] {
        self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
}
