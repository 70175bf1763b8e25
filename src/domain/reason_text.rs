//! The reasons that staff type: one for staff, one for the user.
//!
//! The reason for staff must never reach the user.

use super::people::text::is_forbidden;

/// The maximum length of a reason, in characters.
pub const REASON_CHARACTERS: usize = 500;

/// An optional reason of at most 500 characters, with `\n` as line break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReasonText(Option<String>);

/// Why a reason is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonTextError {
    /// More than 500 characters.
    TooLong,
    /// Control or invisible characters.
    Characters,
}

impl ReasonText {
    /// Parses a reason. An empty text means no reason.
    ///
    /// # Errors
    /// Returns an error if the text is too long or contains control or bidirectional characters.
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

    /// Restores a reason that [`Self::parse`] accepted before it was stored.
    #[must_use]
    pub fn from_stored(text: Option<&str>) -> Self {
        Self::parse(text.unwrap_or_default()).unwrap_or_default()
    }

    /// The text, if there is one.
    #[must_use]
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Both reasons of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    /// Shown in events and on staff pages only.
    pub for_staff: ReasonText,
    /// Shown to the user.
    pub for_user: ReasonText,
}
