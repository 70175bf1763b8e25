//! A cache of decrypted session cookies, so that a browser's next request skips the decryption.
//!
//! A cached entry only proves that the cookie was encrypted by this site. Its login is still judged on each request.
//! The cache holds only hashes of the cookie and of its secret.
//!
//! Also remembers the nonces and authentication tags of this site's session cookies, by which an altered copy is told
//! from the cookie of another site.

use std::{hash::Hasher as _, sync::Arc};

use data_encoding::BASE64;
use quick_cache::sync::Cache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

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
///
/// The hash is keyed and 128 bits long, so nobody can make up a cookie with the hash of another (`SipHash` is a
/// pseudorandom function, <https://eprint.iacr.org/2012/351>). SHA-256 takes several times as long, on each request.
pub(super) struct DecryptedCookies {
    keyed: SipHasher24,
    claims: Cache<CookieHash, Arc<Claim>>,
}

/// The hash of a cookie's name and value. The same value under another name is another cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CookieHash(u128);

impl Default for DecryptedCookies {
    fn default() -> Self {
        Self { keyed: SipHasher24::new_with_key(&rand::random()), claims: Cache::new(MAX_COOKIES) }
    }
}

impl DecryptedCookies {
    pub(super) fn hash(&self, name: &str, encrypted: &str) -> CookieHash {
        let mut hasher = self.keyed;
        // A cookie's name never contains `=`, so the parts cannot run into each other.
        for part in [name, "=", encrypted] {
            hasher.write(part.as_bytes());
        }
        CookieHash(hasher.finish128().as_u128())
    }

    pub(super) fn get(&self, cookie: CookieHash) -> Option<Arc<Claim>> {
        self.claims.get(&cookie)
    }

    pub(super) fn put(&self, cookie: CookieHash, claim: Arc<Claim>) {
        self.claims.insert(cookie, claim);
    }
}
