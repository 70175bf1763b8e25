//! Access tokens that were read lately, so that a program's next call need not wait for it.
//!
//! Nothing here opens anything: of a token only its hash is kept, with what it says. That it was ours is all
//! that is remembered; its times and its login are judged each time.

use std::sync::Arc;

use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::claims::LoginOf;

/// The most tokens: about 8 MB, beside what a site adds to each. Another one takes 10 µs longer.
const TOKENS: usize = 25_000;

/// What an access token of ours says.
#[derive(Debug)]
pub(super) struct Said {
    pub(in crate::gate) login: LoginOf,
    pub(in crate::gate) nbf: i64,
    pub(in crate::gate) exp: i64,
    /// What the site has added.
    pub(in crate::gate) added: Arc<Map<String, Value>>,
}

/// What was read lately, by the hash of the token and of the origin that it was read for.
pub(super) struct ReadLately(Cache<[u8; 32], Arc<Said>>);

impl Default for ReadLately {
    fn default() -> Self {
        Self(Cache::new(TOKENS))
    }
}

impl ReadLately {
    /// What it says, remembered or read now; nothing where it cannot be read.
    pub(super) fn get_or_read(
        &self,
        origin: &str,
        token: &str,
        read: impl FnOnce() -> Option<Said>,
    ) -> Option<Arc<Said>> {
        // No origin has a line break in it.
        let hash = Sha256::new().chain_update(origin).chain_update("\n").chain_update(token).finalize().into();
        if let Some(said) = self.0.get(&hash) {
            return Some(said);
        }
        let said = Arc::new(read()?);
        self.0.insert(hash, Arc::clone(&said));
        Some(said)
    }
}
