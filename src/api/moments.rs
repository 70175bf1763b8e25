//! Timestamps in responses: RFC 3339, UTC, with microseconds, so that no precision is lost.

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};

use crate::domain::moment::Moment;

/// A timestamp in a response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timestamp(pub(super) Moment);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}
