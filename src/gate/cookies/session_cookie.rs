//! What the session cookie holds, and how it is sealed.
//!
//! Sealed as Rocket's own private cookies are, so that `get_private` reads it too.

use std::{fmt, sync::Arc};

use chrono::{DateTime, SecondsFormat};
use cookie::{Cookie, CookieJar, Key};
use serde::{Deserialize, Serialize};

use super::opened::{CookieHash, Opened};
use crate::{
    accounts::StartedSession,
    domain::{
        logins::session_secret::{SecretHash, SessionId, SessionSecret},
        moment::{Moment, whole_microseconds},
    },
    settings::{SecretKeys, SecretMaterial},
};

/// The keys that cookies are sealed with.
pub(crate) struct Seals {
    current: Key,
    previous: Vec<Key>,
    opened: Opened,
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seals")
    }
}

impl Seals {
    pub(in crate::gate) fn new(keys: &SecretKeys) -> Self {
        Self {
            current: keys.current.cookie_key(),
            previous: keys.previous.iter().map(SecretMaterial::cookie_key).collect(),
            opened: Opened::default(),
        }
    }

    /// Encrypts and signs a value for the cookie of that name.
    pub(super) fn seal(&self, name: &'static str, value: String) -> String {
        let mut jar = CookieJar::new();
        jar.private_mut(&self.current).add(Cookie::new(name, value));
        jar.get(name).map(|cookie| cookie.value().to_owned()).unwrap_or_default()
    }

    /// Opens what was sealed, and says whether that was with a previous key.
    pub(super) fn open(&self, name: &'static str, sealed: &str) -> Option<(String, bool)> {
        let mut jar = CookieJar::new();
        jar.add_original(Cookie::new(name, sealed.to_owned()));
        let open = |key| jar.private(key).get(name).map(|cookie| cookie.value().to_owned());
        match open(&self.current) {
            Some(value) => Some((value, false)),
            None => self.previous.iter().find_map(open).map(|value| (value, true)),
        }
    }

    /// What a session cookie says; none where it is not one of ours.
    pub(in crate::gate) fn open_session(&self, name: &'static str, sealed: &str) -> Option<OpenedSession> {
        let cookie = CookieHash::of(name, sealed);
        if let Some(claim) = self.opened.get(cookie) {
            return Some(OpenedSession::Claims(claim, None));
        }
        let (json, is_old) = self.open(name, sealed)?;
        let Ok(content) = serde_json::from_str::<Content>(&json) else { return Some(OpenedSession::Unreadable) };
        let Some(claim) = Claim::of(&content).map(Arc::new) else { return Some(OpenedSession::Unreadable) };
        if is_old {
            return Some(OpenedSession::Claims(claim, Some(content)));
        }
        self.opened.put(cookie, Arc::clone(&claim));
        Some(OpenedSession::Claims(claim, None))
    }
}

/// What a session cookie of ours says.
pub(in crate::gate) enum OpenedSession {
    /// Whose it is; with its content, if that is to be sealed anew.
    Claims(Arc<Claim>, Option<Content>),
    /// Nothing that this version can read.
    Unreadable,
}

/// The session cookie's content.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::gate) struct Content {
    #[serde(rename = "LAST_LOGIN_DATE")]
    last_login_date: String,
    user: i64,
    session: String,
    secret: String,
    remember: bool,
}

impl Content {
    pub(super) fn of(started: &StartedSession) -> Self {
        Self {
            last_login_date: started.login_date.to_rfc3339_opts(SecondsFormat::Micros, true),
            user: started.user_id,
            session: started.id.as_str().to_owned(),
            secret: started.secret.reveal(),
            remember: started.remember,
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content of session {}", self.session)
    }
}

/// What a session cookie says that was ours.
#[derive(Debug, Clone)]
pub(in crate::gate) struct Claim {
    pub(in crate::gate) login_date: Moment,
    pub(in crate::gate) user_id: i64,
    pub(in crate::gate) session: SessionId,
    pub(in crate::gate) secret_hash: SecretHash,
    pub(in crate::gate) remember: bool,
}

impl Claim {
    fn of(content: &Content) -> Option<Self> {
        let login_date = DateTime::parse_from_rfc3339(&content.last_login_date).ok()?.to_utc();
        Some(Self {
            login_date: whole_microseconds(login_date),
            user_id: content.user,
            session: SessionId::from_stored(content.session.clone()),
            secret_hash: SessionSecret::parse(&content.secret)?.hash(),
            remember: content.remember,
        })
    }
}
