//! What a letter says beyond its kind. It holds no secret: the link's token is created when the letter is sent.

use serde::{Deserialize, Serialize};

use crate::domain::{moment::Moment, reason_text::Reasons};

/// The details of a letter, stored as JSON while it waits. Each kind uses only some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterDetails {
    /// The address of the browser or program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its user agent, as it sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The reason for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_reason: Option<String>,
    /// When a deactivation ends by itself, or when a force logout is scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// The account's new email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_email: Option<String>,
}

impl LetterDetails {
    /// What a letter says about an act of staff: the reason for the user, and its time.
    #[must_use]
    pub fn because(reasons: &Reasons, until: Option<Moment>) -> Self {
        Self { user_reason: reasons.for_user.as_deref().map(str::to_owned), until, ..Self::default() }
    }
}
