//! Session cookies that were opened lately, so that a browser's next request need not wait for it.
//!
//! Nothing here opens anything: neither the cookie nor its secret is kept, only the hashes of both.
//! That it was ours is all that is remembered; whether its login is good is judged each time.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use sha2::{Digest as _, Sha256};

use super::session_cookie::Claim;

/// Apart, so that requests seldom wait for one another.
const SHARDS: usize = 16;
/// The most cookies of one shard, 16,000 in all, about 5 MB; those that came last are kept.
const COOKIES_PER_SHARD: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// What was opened lately, by the hash of the whole cookie.
pub(super) struct Opened([Mutex<Shard>; SHARDS]);

type Shard = LruCache<CookieHash, Arc<Claim>>;

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
        Self(std::array::from_fn(|_| Mutex::new(LruCache::new(COOKIES_PER_SHARD))))
    }
}

impl Opened {
    pub(super) fn get(&self, cookie: CookieHash) -> Option<Arc<Claim>> {
        self.shard(cookie).get(&cookie).map(Arc::clone)
    }

    pub(super) fn put(&self, cookie: CookieHash, claim: Arc<Claim>) {
        self.shard(cookie).put(cookie, claim);
    }

    /// Nothing that is done under the lock can panic half-way.
    fn shard(&self, CookieHash(hash): CookieHash) -> MutexGuard<'_, Shard> {
        self.0[usize::from(hash[0]) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
