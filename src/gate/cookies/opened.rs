//! A cache of decrypted session cookies, so that a browser's next request skips the decryption.
//!
//! A cached entry only proves that the cookie was encrypted by this site. Its login is still judged on each request.
//! The cache holds only hashes of the cookie and of its secret.
//!
//! Also remembers the nonces and authentication tags of this site's session cookies, by which an altered copy is told
//! from the cookie of another site.

use std::sync::Arc;

use data_encoding::BASE64;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::claim::Claim;

/// The most cookies in memory, about 31 MB. The standing cache holds as many accounts.
const MAX_COOKIES: usize = 100_000;

/// The most nonces and tags in memory, two of each cookie, about 12 MB.
const MAX_PARTS: usize = 100_000;
/// The length of a nonce and of a tag of AES-256-GCM in a private cookie, in bytes.
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// The nonces and tags of this site's session cookies. Both are random enough to be unique.
pub(super) struct KnownParts(Cache<[u8; TAG_BYTES], ()>);

impl Default for KnownParts {
    fn default() -> Self {
        Self(Cache::new(MAX_PARTS))
    }
}

impl KnownParts {
    pub(super) fn put(&self, encrypted: &str) {
        parts(encrypted).into_iter().flatten().for_each(|part| self.0.insert(part, ()));
    }

    /// Whether a cookie that cannot be decrypted has the nonce or the tag of one of this site's.
    pub(super) fn has_any_of(&self, encrypted: &str) -> bool {
        parts(encrypted).into_iter().flatten().any(|part| self.0.get(&part).is_some())
    }
}

/// The nonce and the tag of an encrypted cookie. `None` if it is not in the format of a private cookie.
fn parts(encrypted: &str) -> Option<[[u8; TAG_BYTES]; 2]> {
    let bytes = BASE64.decode(encrypted.as_bytes()).ok()?;
    let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let mut padded = [0; TAG_BYTES];
    padded[..NONCE_BYTES].copy_from_slice(nonce);
    Some([padded, *rest.last_chunk()?])
}

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
