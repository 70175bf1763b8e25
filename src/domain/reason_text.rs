//! The reasons that staff write down: one for staff, one for the user.

use super::people::text::is_forbidden;

/// The greatest length of a reason, in characters.
pub const REASON_CHARACTERS: usize = 500;

/// A written reason, or none. Never more than 500 characters; line breaks are `\n`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReasonText(Option<String>);

/// Why a reason was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReasonTextError {
    /// More than 500 characters.
    #[error("A reason has at most 500 characters.")]
    TooLong,
    /// Characters that hide or steer.
    #[error("A reason has no control characters in it.")]
    Characters,
}

impl ReasonText {
    /// Reads a reason; an empty one is none.
    ///
    /// # Errors
    /// When it is too long or has control or direction characters in it.
    pub fn parse(text: &str) -> Result<Self, ReasonTextError> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.chars().count() > REASON_CHARACTERS {
            Err(ReasonTextError::TooLong)
        } else if text.chars().any(|c| is_forbidden(c) && c != '\n') {
            Err(ReasonTextError::Characters)
        } else {
            Ok(Self((!text.is_empty()).then(|| text.to_owned())))
        }
    }

    /// The text, if any was given.
    #[must_use]
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Both reasons of an act. The one for staff must never reach the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    /// For the events and the staff pages.
    pub for_staff: ReasonText,
    /// Shown to the person it happens to.
    pub for_user: ReasonText,
}
