//! A notice that the next page shows once: the result of an action, or why a session ended.

use std::fmt;

use rocket::Request;
use serde::{Deserialize, Serialize};

use super::{find_cookie, names::Name};
use crate::{
    domain::{logins::public_id::PublicId, reason::EndReason},
    gate::{EndedLogin, Login, transport::gate},
};

/// The severity of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// An action succeeded.
    Done,
    /// Information.
    Info,
    /// A warning.
    Warning,
    /// An action failed.
    Error,
}

/// A notice on a page. It must never hold a staff reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    kind: NoticeKind,
    text: String,
    reason: Option<String>,
    user_reason: Option<String>,
    /// A secret that is shown once. Until then the encrypted cookie holds it.
    #[serde(default)]
    secret: Option<String>,
    /// Shows the notice only on this path and to this session id, instead of on the next page.
    #[serde(default)]
    only_for: Option<(String, String)>,
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notice {:?}", self.text)
    }
}

impl Notice {
    /// A notice with a text.
    #[must_use]
    pub fn new(kind: NoticeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), reason: None, user_reason: None, secret: None, only_for: None }
    }

    /// A notice that an action succeeded.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self::new(NoticeKind::Done, text)
    }

    /// A notice that says why a login ended.
    #[must_use]
    pub fn ended(login: &EndedLogin) -> Self {
        let kind = if login.reason == EndReason::LoggedOut { NoticeKind::Info } else { NoticeKind::Warning };
        Self {
            kind,
            text: login.reason.sentence().to_owned(),
            reason: Some(login.reason.code().to_owned()),
            user_reason: login.user_reason.clone(),
            secret: None,
            only_for: None,
        }
    }

    /// Adds a secret, and limits the notice to that page and that session.
    #[must_use]
    pub fn with_secret(self, secret: &str, path: &str, session: &PublicId) -> Self {
        let only_for = Some((path.to_owned(), session.as_str().to_owned()));
        Self { secret: Some(secret.to_owned()), only_for, ..self }
    }

    /// Whether the page at that path may show the notice to that login.
    #[must_use]
    pub fn is_for(&self, path: &str, login: &Login) -> bool {
        self.only_for.as_ref().is_none_or(|(only_path, only_session)| {
            path == only_path && matches!(login, Login::Live(live) if live.session.as_str() == only_session)
        })
    }

    /// The notice that this request's cookie holds, if any.
    #[must_use]
    pub fn from_cookie(request: &Request<'_>) -> Option<Self> {
        let keys = &gate(request)?.cookie_keys;
        let (json, _) =
            find_cookie(request, Name::Notice, |encrypted| keys.decrypt(Name::Notice.on(request), encrypted))?;
        serde_json::from_str(&json).ok()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
