//! The keys that seal the chain, and a link that was noted elsewhere.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{
    settings::{SecretKeys, SecretMaterial},
    store::events::chain::HASH_BYTES,
};

/// The hash before the first link.
pub(super) const NO_HASH: [u8; HASH_BYTES] = [0; HASH_BYTES];

/// The keys that seal the chain. The current key seals links, and the previous keys still verify them.
#[derive(Clone)]
pub struct ChainKeys {
    current: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
}

impl fmt::Debug for ChainKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKeys")
    }
}

impl ChainKeys {
    /// Derives the keys from the secret keys.
    #[must_use]
    pub fn new(keys: &SecretKeys) -> Self {
        let key = |secret: &SecretMaterial| Hmac::new(&secret.derive("curfew event chain").into());
        Self { current: key(&keys.current), previous: keys.previous.iter().map(key).collect() }
    }

    pub(super) fn seal(&self, hash: &[u8]) -> Vec<u8> {
        self.current.clone().chain_update(hash).finalize().into_bytes().to_vec()
    }

    /// Whether one of the keys has sealed this hash.
    pub(super) fn has_sealed(&self, hash: &[u8], seal: &[u8]) -> bool {
        let mut keys = [&self.current].into_iter().chain(&self.previous);
        keys.any(|key| key.clone().chain_update(hash).verify_slice(seal).is_ok())
    }
}

/// A link as an operator noted it outside of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedLink {
    /// Its number.
    pub number: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}
