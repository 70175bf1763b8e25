//! The content of the session cookie, and the login that it claims.

use std::fmt;

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use crate::{
    accounts::StartedSession,
    domain::{
        logins::{
            public_id::PublicId,
            session_secret::{SecretHash, SessionSecret},
        },
        moment::{Moment, truncate_to_microseconds},
    },
};

/// The session cookie's content, as JSON.
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
    pub(in crate::gate) fn of(started: &StartedSession) -> Self {
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

/// The login that a decrypted session cookie claims.
#[derive(Debug, Clone)]
pub(in crate::gate) struct Claim {
    pub(in crate::gate) login_date: Moment,
    pub(in crate::gate) user_id: i64,
    pub(in crate::gate) session: PublicId,
    pub(in crate::gate) secret_hash: SecretHash,
    pub(in crate::gate) remember: bool,
}

impl Claim {
    pub(super) fn of(content: &Content) -> Option<Self> {
        let login_date = DateTime::parse_from_rfc3339(&content.last_login_date).ok()?.to_utc();
        Some(Self {
            login_date: truncate_to_microseconds(login_date),
            user_id: content.user,
            session: PublicId::from_stored(content.session.clone()),
            secret_hash: SessionSecret::parse(&content.secret)?.hash(),
            remember: content.remember,
        })
    }
}
