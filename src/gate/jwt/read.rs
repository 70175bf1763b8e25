//! A cache of verified access tokens, so that a program's next request skips the signature check.
//!
//! A cached entry only proves that the signature was valid. The token's times and its login are still checked on
//! each request. The cache holds the hash of a token and its claims, never the token.

use std::sync::Arc;

use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::claims::TokenLogin;

/// At most this many tokens: about 8 MB, plus the custom claims of each. A token that is not cached takes 10 µs
/// longer.
const MAX_TOKENS: usize = 25_000;

/// The claims of a verified access token.
#[derive(Debug)]
pub(super) struct AccessClaims {
    pub(in crate::gate) login: TokenLogin,
    pub(in crate::gate) nbf: i64,
    pub(in crate::gate) exp: i64,
    /// The site's custom claims.
    pub(in crate::gate) added: Arc<Map<String, Value>>,
}

/// The claims of verified tokens, by the hash of the token.
pub(super) struct VerifiedTokens(Cache<[u8; 32], Arc<AccessClaims>>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::new(MAX_TOKENS))
    }
}

impl VerifiedTokens {
    /// Returns the cached claims, or calls `verify` and caches its result. `None` if `verify` refuses the token.
    pub(super) fn get_or_verify(
        &self,
        token: &str,
        verify: impl FnOnce() -> Option<AccessClaims>,
    ) -> Option<Arc<AccessClaims>> {
        let hash = Sha256::digest(token).into();
        if let Some(claims) = self.0.get(&hash) {
            return Some(claims);
        }
        let claims = Arc::new(verify()?);
        self.0.insert(hash, Arc::clone(&claims));
        Some(claims)
    }
}
