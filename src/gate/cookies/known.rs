//! The accounts that a browser has logged in to before, or has reset the password of: a device cookie (OWASP, "Slow Down
//! Online Guessing Attacks with Device Cookies").
//!
//! It gives wrong passwords from this browser a counter of their own, so that strangers who guess cannot keep the owner
//! out. It proves nothing else: no guard reads it.

use cookie::time;
use data_encoding::BASE64URL_NOPAD;
use rocket::Request;
use serde::{Deserialize, Serialize};

use super::{find_cookie, names::Name};
use crate::{accounts::KnownBrowser, gate::Gate};

/// How long a browser stays known after a login. Browsers keep no cookie for longer (RFC 6265bis, section 5.5).
pub(super) const KNOWN_MAX_AGE: time::Duration = time::Duration::days(400);
/// The most accounts that one browser is known to. The one used longest ago is forgotten.
const MAX_ACCOUNTS: usize = 5;
/// The length of the value that identifies a browser, in bytes.
const BROWSER_BYTES: usize = 12;

/// The cookie's content, as JSON: the account used last is first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::gate) struct KnownAccounts(Vec<KnownAccount>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnownAccount {
    user: i64,
    password: i64,
    browser: String,
}

impl KnownAccounts {
    /// The accounts in the request's cookie.
    pub(in crate::gate) fn of(request: &Request<'_>, gate: &Gate) -> Self {
        let name = Name::Known.on(request);
        let read = |encrypted: &str| {
            let (json, _) = gate.cookie_keys.decrypt(name, encrypted)?;
            serde_json::from_str(&json).ok()
        };
        find_cookie(request, Name::Known, read).unwrap_or_default()
    }

    /// Adds an account whose password of this version was typed in this browser now.
    pub(super) fn with(mut self, (user, password): (i64, i64)) -> Self {
        let before = self.0.iter().position(|known| known.user == user).map(|at| self.0.remove(at));
        let new = || BASE64URL_NOPAD.encode(&rand::random::<[u8; BROWSER_BYTES]>());
        let browser = before.map_or_else(new, |known| known.browser);
        self.0.insert(0, KnownAccount { user, password, browser });
        self.0.truncate(MAX_ACCOUNTS);
        self
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The browser, as the use cases know it.
    pub(in crate::gate) fn to_known(&self) -> Vec<KnownBrowser> {
        let known = self.0.iter().map(|known| KnownBrowser {
            user_id: known.user,
            password_version: known.password,
            browser: known.browser.clone(),
        });
        known.collect()
    }
}
