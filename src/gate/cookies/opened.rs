//! Session cookies that were opened lately, so that a browser's next request need not wait for it.
//!
//! Nothing here opens anything: neither the cookie nor its secret is kept, only the hashes of both.
//! That it was ours is all that is remembered; whether its login is good is judged each time.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::session_cookie::Claim;

/// The most cookies, about 31 MB: as many as accounts are kept in memory.
const COOKIES: usize = 100_000;

/// What was opened lately, by the hash of the whole cookie.
pub(super) struct Opened(Cache<CookieHash, Arc<Claim>>);

/// Of a cookie's name and value: under another name it is another cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CookieHash([u8; 32]);

impl CookieHash {
    pub(super) fn of(name: &str, sealed: &str) -> Self {
        // No cookie's name has a `=`.
        Self(Sha256::new().chain_update(name).chain_update("=").chain_update(sealed).finalize().into())
    }
}

impl Default for Opened {
    fn default() -> Self {
        Self(Cache::new(COOKIES))
    }
}

impl Opened {
    pub(super) fn get(&self, cookie: CookieHash) -> Option<Arc<Claim>> {
        self.0.get(&cookie)
    }

    pub(super) fn put(&self, cookie: CookieHash, claim: Arc<Claim>) {
        self.0.insert(cookie, claim);
    }
}
