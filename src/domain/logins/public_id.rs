//! The id by which URLs and events name a login. It is no secret, and gives no access.

use data_encoding::BASE32_NOPAD;

/// The length of an id: 80 random bits do not collide.
const ID_BYTES: usize = 10;

/// The id of a session, token, bulk action or stored list of users.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublicId(String);

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicIdError;

impl PublicId {
    /// Creates an id from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; ID_BYTES]) -> Self {
        Self(BASE32_NOPAD.encode(&bytes).to_lowercase())
    }

    /// Parses an id from a URL. Case does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.to_uppercase().as_bytes()).ok()?;
        (bytes.len() == ID_BYTES).then(|| Self(text.to_lowercase()))
    }

    /// Parses a command-line argument.
    ///
    /// # Errors
    /// Returns an error if the text is not an id.
    pub fn parse_argument(text: &str) -> Result<Self, PublicIdError> {
        Self::parse(text).ok_or(PublicIdError)
    }

    /// Wraps an id from the database or a cookie.
    #[must_use]
    pub fn from_stored(id: String) -> Self {
        Self(id)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
