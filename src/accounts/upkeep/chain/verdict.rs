//! What a verification of the chain says.

use crate::domain::moment::Moment;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainVerdict {
    /// The chain has no break.
    Whole(WholeChain),
    /// The first break.
    Broken(ChainBreak),
}

/// A chain without a break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WholeChain {
    /// How many events are linked.
    pub linked: u64,
    /// How many of them have lost their personal parts, because the account was deleted.
    pub erased: u64,
    /// How many events are not linked yet. Nothing is known about them.
    pub not_linked: i64,
    /// The time of the last event that retention has deleted from the start of the chain.
    pub deleted_up_to: Option<Moment>,
    /// The last link.
    pub last: Option<LastLink>,
    /// The links that were made long after their events.
    pub late: Option<LateLinks>,
}

/// Links that were made long after their events: no server was running, or somebody made the server link a changed
/// history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateLinks {
    /// How many.
    pub events: u64,
    /// The time of the oldest of these events.
    pub first_event_at: Moment,
    /// The time of the newest of them.
    pub last_event_at: Moment,
    /// When the first of these links was made.
    pub first_linked_at: Moment,
    /// When the last of them was made.
    pub last_linked_at: Moment,
}

/// The last link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLink {
    /// Its number.
    pub number: i64,
    /// Its event.
    pub event_id: i64,
    /// The event's time.
    pub event_at: Moment,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainBreak {
    /// The event; none if its link is gone.
    pub event_id: Option<i64>,
    /// The link, if the event has one.
    pub link: Option<i64>,
    /// What is wrong.
    pub fault: ChainFault,
}

/// What is wrong with an event or its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainFault {
    /// The event was changed.
    EventChanged,
    /// The event was deleted, and not by retention.
    EventDeleted,
    /// The personal parts of the event were erased although the account exists.
    EventErased,
    /// The event has no link and is not waiting for one.
    NotLinked,
    /// Links before this one are missing.
    LinksMissing,
    /// The link was changed.
    LinkChanged,
    /// None of the configured keys has sealed the link.
    NotSealed,
    /// The event waits for a link although newer events have one, or has waited for long.
    WaitsTooLong,
    /// The noted link has another hash.
    NotedLinkChanged,
    /// The chain does not have the noted link.
    NotedLinkMissing,
}

impl ChainFault {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EventChanged => "event-changed",
            Self::EventDeleted => "event-deleted",
            Self::EventErased => "event-erased",
            Self::NotLinked => "not-linked",
            Self::LinksMissing => "links-missing",
            Self::LinkChanged => "link-changed",
            Self::NotSealed => "not-sealed",
            Self::WaitsTooLong => "waits-too-long",
            Self::NotedLinkChanged => "noted-link-changed",
            Self::NotedLinkMissing => "noted-link-missing",
        }
    }
}
