//! A notice for the next page: what was done, or why a session ended. Shown once.

use rocket::Request;
use serde::{Deserialize, Serialize};

use super::{
    EndedLogin,
    cookies::{NOTICE, received},
    transport::gate,
};
use crate::domain::reason::EndReason;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    kind: NoticeKind,
    text: String,
    reason: Option<String>,
    user_reason: Option<String>,
}

impl Notice {
    /// A notice in words.
    #[must_use]
    pub fn new(kind: NoticeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), reason: None, user_reason: None }
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
        }
    }

    /// The notice that was left for the next page, if there is one.
    #[must_use]
    pub fn left_for(request: &Request<'_>) -> Option<Self> {
        let sealed = received(request, NOTICE)?;
        let (json, _) = gate(request)?.seals.open(NOTICE.on(request), sealed)?;
        serde_json::from_str(&json).ok()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
