//! A query for the staff list of events.

use super::users_filter::SearchText;
use crate::domain::{event_kind::EventKind, period::Period};

/// Which events to list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventsQuery {
    /// A part of the actor's or the subject's name.
    pub search: Option<SearchText>,
    /// Only events of this kind.
    pub kind: Option<EventKind>,
    /// Only events whose subject is the account with this id.
    pub user: Option<i64>,
    /// Only events in this period.
    pub period: Period,
}
