//! Encrypts and decrypts the cookies of the gate.
//!
//! The format must stay that of Rocket's private cookies, so that `get_private` reads it too.

use std::{fmt, sync::Arc};

use cookie::{Cookie, CookieJar, Key};

use super::{
    claim::{Claim, Content},
    opened::{DecryptedCookies, KnownParts},
};
use crate::settings::{SecretKeys, SecretMaterial};

/// The keys of the cookies. The current key encrypts cookies, and the previous keys still decrypt them.
pub(crate) struct CookieKeys {
    current: Key,
    previous: Vec<Key>,
    decrypted: DecryptedCookies,
    known_parts: KnownParts,
}

impl fmt::Debug for CookieKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieKeys")
    }
}

impl CookieKeys {
    pub(in crate::gate) fn new(keys: &SecretKeys) -> Self {
        Self {
            current: keys.current.cookie_key(),
            previous: keys.previous.iter().map(SecretMaterial::cookie_key).collect(),
            decrypted: DecryptedCookies::default(),
            known_parts: KnownParts::default(),
        }
    }

    /// Encrypts and authenticates a value for the cookie of that name.
    pub(super) fn encrypt(&self, name: &str, value: String) -> String {
        let mut jar = CookieJar::new();
        jar.private_mut(&self.current).add(Cookie::new(name.to_owned(), value));
        jar.get(name).map(|cookie| cookie.value().to_owned()).unwrap_or_default()
    }

    /// Encrypts and authenticates a session cookie.
    pub(in crate::gate) fn encrypt_session(&self, name: &str, content: &Content) -> String {
        let encrypted = self.encrypt(name, content.to_json());
        self.known_parts.put(&encrypted);
        encrypted
    }

    /// Whether a cookie that this site cannot decrypt is certainly an altered copy of one of its session cookies.
    pub(in crate::gate) fn is_altered_copy(&self, encrypted: &str) -> bool {
        self.known_parts.has_any_of(encrypted)
    }

    /// Decrypts a value. The `bool` is true if it was encrypted under a previous key.
    pub(super) fn decrypt(&self, name: &str, encrypted: &str) -> Option<(String, bool)> {
        let mut jar = CookieJar::new();
        jar.add_original(Cookie::new(name.to_owned(), encrypted.to_owned()));
        let decrypt_with = |key| jar.private(key).get(name).map(|cookie| cookie.value().to_owned());
        match decrypt_with(&self.current) {
            Some(value) => Some((value, false)),
            None => self.previous.iter().find_map(decrypt_with).map(|value| (value, true)),
        }
    }

    /// Decrypts a session cookie. `None` if it was not encrypted by this site.
    pub(in crate::gate) fn decrypt_session(&self, name: &str, encrypted: &str) -> Option<DecryptedSession> {
        let cookie = self.decrypted.hash(name, encrypted);
        if let Some(claim) = self.decrypted.get(cookie) {
            return Some(DecryptedSession::Claims(claim, None));
        }
        let (json, needs_renewal) = self.decrypt(name, encrypted)?;
        self.known_parts.put(encrypted);
        let Ok(content) = serde_json::from_str::<Content>(&json) else { return Some(DecryptedSession::Unreadable) };
        let Some(claim) = Claim::of(&content).map(Arc::new) else { return Some(DecryptedSession::Unreadable) };
        if needs_renewal {
            return Some(DecryptedSession::Claims(claim, Some(content)));
        }
        self.decrypted.put(cookie, Arc::clone(&claim));
        Some(DecryptedSession::Claims(claim, None))
    }
}

/// A decrypted session cookie.
pub(in crate::gate) enum DecryptedSession {
    /// Its claim, and its content if a previous key was used and the cookie must be encrypted again.
    Claims(Arc<Claim>, Option<Content>),
    /// Its content is not in a format that this version knows.
    Unreadable,
}
