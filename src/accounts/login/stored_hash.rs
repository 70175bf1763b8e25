//! The stored forms of a password's hash, which no one may change: `bcrypt_hmac_sha256$KEY$$2b$…`, where `KEY` names the
//! key that the password was digested with, and `bcrypt_sha256$$2b$…` without a key, which Django writes.

use crate::store::users::NO_PASSWORD;

/// The form with a key, before the key's name.
const WITH_KEY: &str = "bcrypt_hmac_sha256$";
/// Django's name for the form without a key.
const WITHOUT_KEY: &str = "bcrypt_sha256$";
/// The length of a bcrypt hash: version, cost, salt and digest.
const BCRYPT_CHARACTERS: usize = 60;

/// A stored hash in a known format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredHash<'a> {
    /// The name of the key.
    pub(super) key: Option<&'a str>,
    /// The part that bcrypt writes.
    pub(super) bcrypt: &'a str,
    /// The cost of bcrypt.
    pub(super) cost: u32,
}

impl<'a> StoredHash<'a> {
    /// Parses a stored hash. `None` if its format is unknown.
    pub(super) fn parse(stored: &'a str) -> Option<Self> {
        let (key, bcrypt) = match stored.strip_prefix(WITH_KEY) {
            Some(rest) => rest.split_once('$').map(|(key, bcrypt)| (Some(key), bcrypt))?,
            None => (None, stored.strip_prefix(WITHOUT_KEY)?),
        };
        let parts: bcrypt::HashParts = bcrypt.parse().ok()?;
        let cost = parts.get_cost();
        // A string that parses may still be too short to be a hash.
        (bcrypt.len() == BCRYPT_CHARACTERS && (4..=31).contains(&cost)).then_some(Self { key, bcrypt, cost })
    }
}

/// The stored form of a hash that bcrypt made under this key.
pub(super) fn stored_hash(key: &str, bcrypt: &str) -> String {
    format!("{WITH_KEY}{key}${bcrypt}")
}

/// The name of an unknown hash format: the text before its first separator, as Django and the Modular Crypt Format
/// write it. It contains nothing of the hash itself.
pub(super) fn unknown_format(stored: &str) -> Option<&str> {
    if stored == NO_PASSWORD || StoredHash::parse(stored).is_some() {
        return None;
    }
    let name = match stored.strip_prefix('$') {
        Some(rest) => rest.split('$').next().filter(|_| rest.contains('$')),
        None if stored.starts_with('!') => Some("!"),
        None => stored.split_once('$').map(|(name, _)| name),
    };
    let is_name = |name: &&str| {
        (1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+!".contains(c))
    };
    Some(name.filter(is_name).unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2b$05$P5lNSKVc.9FuOp9Gome.EOVaoET7dihWqP2lY0ixocpRY4kQIK03i";

    #[test]
    fn both_forms_are_read() {
        let parsed = |key| Some(StoredHash { key, bcrypt: BCRYPT, cost: 5 });
        assert_eq!(StoredHash::parse(&stored_hash("a-Key_17", BCRYPT)), parsed(Some("a-Key_17")));
        assert_eq!(StoredHash::parse(&format!("bcrypt_sha256${BCRYPT}")), parsed(None));
    }

    #[test]
    fn no_password_is_not_an_unknown_format() {
        assert_eq!((StoredHash::parse(NO_PASSWORD), unknown_format(NO_PASSWORD)), (None, None));
    }

    #[test]
    fn an_unknown_format_is_named() {
        for (stored, name) in [
            ("pbkdf2_sha256$870000$salt$hash", "pbkdf2_sha256"),
            ("argon2$argon2id$v=19$m=102400", "argon2"),
            ("$2b$12$abcdefghijklmnopqrstuv", "2b"),
            ("!", "!"),
            ("!AbCdEf", "!"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "unknown"),
            ("$secret", "unknown"),
            ("a secret, it seems$", "unknown"),
            ("bcrypt_sha256$$2b$04$short", "bcrypt_sha256"),
            ("bcrypt_hmac_sha256$a-Key_17$$2b$04$short", "bcrypt_hmac_sha256"),
            ("bcrypt_hmac_sha256$", "bcrypt_hmac_sha256"),
            ("bcrypt_sha256$$2b$99$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvabcdefghijk", "bcrypt_sha256"),
            ("", "unknown"),
        ] {
            assert_eq!(StoredHash::parse(stored), None, "{stored}");
            assert_eq!(unknown_format(stored), Some(name), "{stored}");
        }
    }
}
