//! Signs and verifies tokens with HS256 (RFC 7518, section 3.2), the only algorithm that a token may use.
//!
//! `jsonwebtoken` only reads and writes the parts of a token here. It takes its cryptography from one provider per
//! process, and that choice belongs to the host. A host that verifies its own RS256 tokens must keep working.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, Header, dangerous::insecure_decode};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

/// A signing key and its `kid`.
pub(super) struct Hs256Key {
    id: String,
    hmac: Hmac<Sha256>,
}

impl fmt::Debug for Hs256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hs256Key {}", self.id)
    }
}

impl Hs256Key {
    /// A key as long as the block of SHA-256, which is longer than RFC 7518, section 3.2 requires.
    pub(super) fn new(id: String, key: &[u8; 64]) -> Self {
        Self { id, hmac: Hmac::new(key.into()) }
    }

    /// The id of the key.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A signed token with these claims. `None` if they cannot be written as JSON.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::HS256) };
        let message = format!("{}.{}", to_part(&header)?, to_part(claims)?);
        let signature = self.mac(&message).finalize().into_bytes();
        Some(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
    }

    /// The claims of a token that this key has signed. Compares in constant time.
    pub(super) fn verify<Claims: DeserializeOwned>(&self, token: &str) -> Option<Claims> {
        let (message, signature) = token.rsplit_once('.')?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        self.mac(message).verify_slice(&signature).ok()?;
        // Insecure only for a token whose signature has not been verified.
        let token = insecure_decode(token).ok()?;
        (token.header.alg == Algorithm::HS256).then_some(token.claims)
    }

    fn mac(&self, message: &str) -> Hmac<Sha256> {
        self.hmac.clone().chain_update(message)
    }
}

fn to_part(value: &impl Serialize) -> Option<String> {
    serde_json::to_vec(value).ok().map(|json| BASE64URL_NOPAD.encode(&json))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_token_is_read_with_its_own_key_only() {
        let [key, other] = [1, 2].map(|byte| Hs256Key::new("id".to_owned(), &[byte; 64]));
        let token = key.sign(&json!({ "sub": "7" })).expect("a token");
        assert_eq!(key.verify::<Value>(&token), Some(json!({ "sub": "7" })));
        assert_eq!(other.verify::<Value>(&token), None);
        assert_eq!(key.verify::<Value>(&format!("{token}A")), None);
    }

    #[test]
    fn a_host_can_still_choose_the_cryptography_of_jsonwebtoken() {
        static OF_THE_HOST: CryptoProvider = CryptoProvider {
            signer_factory: |_, _| unreachable!("Curfew signs without a provider"),
            verifier_factory: |_, _| unreachable!("Curfew verifies without a provider"),
            key_utils: KeyUtils::new_unimplemented(),
        };
        let key = Hs256Key::new("id".to_owned(), &[1; 64]);
        let token = key.sign(&json!({})).expect("a token");
        assert!(OF_THE_HOST.install_default().is_ok(), "a provider was installed before the host's");
        assert_eq!(key.verify::<Value>(&token), Some(json!({})));
    }
}
