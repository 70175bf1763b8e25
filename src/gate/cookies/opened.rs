//! A cache of decrypted session cookies, so that a browser's next request skips the decryption.
//!
//! A cached entry only proves that the cookie was encrypted by this site. Its login is still judged on each request.
//! The cache holds only hashes of the cookie and of its secret.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::claim::Claim;

/// The most cookies in memory, about 31 MB. The standing cache holds as many accounts.
const MAX_COOKIES: usize = 100_000;

/// The claims of decrypted cookies, by the hash of the cookie's name and value.
pub(super) struct DecryptedCookies(Cache<CookieHash, Arc<Claim>>);

/// The hash of a cookie's name and value. The same value under another name is another cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CookieHash([u8; 32]);

impl CookieHash {
    pub(super) fn of(name: &str, encrypted: &str) -> Self {
        // A cookie's name never contains `=`, so the parts cannot run into each other.
        Self(Sha256::new().chain_update(name).chain_update("=").chain_update(encrypted).finalize().into())
    }
}

impl Default for DecryptedCookies {
    fn default() -> Self {
        Self(Cache::new(MAX_COOKIES))
    }
}

impl DecryptedCookies {
    pub(super) fn get(&self, cookie: CookieHash) -> Option<Arc<Claim>> {
        self.0.get(&cookie)
    }

    pub(super) fn put(&self, cookie: CookieHash, claim: Arc<Claim>) {
        self.0.insert(cookie, claim);
    }
}
