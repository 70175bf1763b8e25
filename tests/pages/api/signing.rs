//! JWTs as an attacker could build them: any header, any claims, any key.

use curfew::settings::SecretMaterial;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// A parsed token.
#[derive(Debug, Clone)]
pub struct Jwt {
    pub header: Value,
    pub claims: Value,
    /// The signature, base64url-encoded.
    pub signature: String,
}

impl Jwt {
    /// Parses a token of the site.
    pub fn read(token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("no JWT: {token}") };
        let object = |part: &str| {
            serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url")).expect("JSON")
        };
        Self { header: object(header), claims: object(claims), signature: signature.to_owned() }
    }

    /// The token with other header fields; null removes a field.
    pub fn with_header(&self, fields: &Value) -> Self {
        Self { header: merged(&self.header, fields), ..self.clone() }
    }

    /// The token with other claims; null removes a claim.
    pub fn with_claims(&self, claims: &Value) -> Self {
        Self { claims: merged(&self.claims, claims), ..self.clone() }
    }

    /// The token with the original signature.
    pub fn unsigned(&self) -> String {
        format!("{}.{}", self.message(), self.signature)
    }

    /// The token with this signature.
    pub fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.message(), BASE64URL_NOPAD.encode(signature))
    }

    /// Signed with HS256.
    pub fn signed(&self, key: &[u8]) -> String {
        self.with_signature(&hmac_sha256(key, self.message().as_bytes()))
    }

    /// Signed with HS384.
    pub fn signed_hs384(&self, key: &[u8]) -> String {
        let mac = Hmac::<Sha384>::new_from_slice(key).expect("any key");
        self.with_signature(&mac.chain_update(self.message()).finalize().into_bytes())
    }

    /// Signed with HS512.
    pub fn signed_hs512(&self, key: &[u8]) -> String {
        let mac = Hmac::<Sha512>::new_from_slice(key).expect("any key");
        self.with_signature(&mac.chain_update(self.message()).finalize().into_bytes())
    }

    fn message(&self) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }
}

/// The signing key of a site with this secret.
pub fn jwt_key(secret: &SecretMaterial) -> [u8; 64] {
    secret.derive("curfew jwt")
}

/// The `kid` of that key.
pub fn key_name(secret: &SecretMaterial) -> String {
    BASE64URL_NOPAD.encode(&secret.derive("curfew jwt key name")[..9])
}

/// A symmetric key as a JWK (RFC 7517).
pub fn jwk(key: &[u8]) -> Value {
    json!({ "kty": "oct", "alg": "HS256", "k": BASE64URL_NOPAD.encode(key) })
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).expect("any key").chain_update(message).finalize().into_bytes().to_vec()
}

fn merged(of: &Value, with: &Value) -> Value {
    let mut merged = of.as_object().expect("an object").clone();
    for (name, value) in with.as_object().expect("an object") {
        if value.is_null() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    Value::Object(merged)
}
