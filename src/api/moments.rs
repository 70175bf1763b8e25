//! Moments as the API writes them: RFC 3339, UTC, with microseconds, so that they read back as the same.

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};

use crate::domain::moment::Moment;

/// A moment in an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct At(pub(super) Moment);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}
