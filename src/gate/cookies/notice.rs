//! A notice for the next page: what was done, or why a session ended. Shown once.

use std::fmt;

use rocket::Request;
use serde::{Deserialize, Serialize};

use super::{NOTICE, find_in_received};
use crate::{
    domain::{logins::session_secret::SessionId, reason::EndReason},
    gate::{EndedLogin, Login, transport::gate},
};

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// It is done.
    Done,
    /// To know.
    Info,
    /// To mind.
    Warning,
    /// It failed.
    Error,
}

/// A notice on a page. It never holds a reason meant for staff.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    kind: NoticeKind,
    text: String,
    reason: Option<String>,
    user_reason: Option<String>,
    /// A secret that is shown once. The cookie that holds it until then is encrypted.
    #[serde(default)]
    secret: Option<String>,
    /// Where and to whom alone it is shown, if not on the next page: a path, and a session's name.
    #[serde(default)]
    only_for: Option<(String, String)>,
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notice {:?}", self.text)
    }
}

impl Notice {
    /// A notice in words.
    #[must_use]
    pub fn new(kind: NoticeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), reason: None, user_reason: None, secret: None, only_for: None }
    }

    /// It is done.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self::new(NoticeKind::Done, text)
    }

    /// Why a login ended.
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

    /// The same with a secret to show, this once: on that page alone, and to that login.
    #[must_use]
    pub fn showing(self, secret: &str, path: &str, session: &SessionId) -> Self {
        let only_for = Some((path.to_owned(), session.as_str().to_owned()));
        Self { secret: Some(secret.to_owned()), only_for, ..self }
    }

    /// Whether it is for a page at that path, shown to whoever that is.
    #[must_use]
    pub fn is_for(&self, path: &str, login: &Login) -> bool {
        self.only_for.as_ref().is_none_or(|(only_at, only_to)| {
            path == only_at && matches!(login, Login::Live(live) if live.session.as_str() == only_to)
        })
    }

    /// The notice that was left for the next page, if there is one.
    #[must_use]
    pub fn left_for(request: &Request<'_>) -> Option<Self> {
        let seals = &gate(request)?.seals;
        let (json, _) = find_in_received(request, NOTICE, |sealed| seals.open(NOTICE.on(request), sealed))?;
        serde_json::from_str(&json).ok()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
