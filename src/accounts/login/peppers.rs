//! The keys that password hashes need: whoever has only the database cannot test guesses against it.
//!
//! A hash names the key that it was made with, so a key can change: hashes under a previous key are still verified, and
//! replaced at the next login.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::settings::{SecretKeys, SecretMaterial};

/// The length of a key's name, in bytes. It only has to tell the keys of one site apart.
const NAME_BYTES: usize = 6;

/// A key for passwords, derived from a secret key.
struct Pepper {
    name: String,
    key: Hmac<Sha256>,
}

/// The key of the current secret key first, then those of the previous ones.
pub(super) struct Peppers(Vec<Pepper>);

impl fmt::Debug for Peppers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peppers")
    }
}

impl Pepper {
    fn of(secret: &SecretMaterial) -> Self {
        Self {
            name: BASE64URL_NOPAD.encode(&secret.derive("curfew password key name")[..NAME_BYTES]),
            key: Hmac::new(&secret.derive("curfew password").into()),
        }
    }
}

impl Peppers {
    pub(super) fn of(keys: &SecretKeys) -> Self {
        Self([&keys.current].into_iter().chain(&keys.previous).map(Pepper::of).collect())
    }

    /// No key, for a process that neither hashes passwords nor verifies them.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// The name of the key for new hashes. `None` if there is no key.
    pub(super) fn current(&self) -> Option<&str> {
        self.0.first().map(|pepper| pepper.name.as_str())
    }

    /// Whether a hash with this key can be verified. `None` is a hash that needs no key, such as one made by Django.
    pub(super) fn has(&self, key: Option<&str>) -> bool {
        key.is_none_or(|name| self.find(name).is_some())
    }

    /// The text that bcrypt hashes: the password's digest under this key, in hex. A plain SHA-256 without one.
    pub(super) fn digest(&self, password: &str, key: Option<&str>) -> String {
        match key.and_then(|name| self.find(name)) {
            Some(pepper) => HEXLOWER.encode(&pepper.key.clone().chain_update(password).finalize().into_bytes()),
            None => HEXLOWER.encode(&Sha256::digest(password)),
        }
    }

    fn find(&self, name: &str) -> Option<&Pepper> {
        self.0.iter().find(|pepper| pepper.name == name)
    }
}
