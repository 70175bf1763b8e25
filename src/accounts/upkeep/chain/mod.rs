//! The chain of events: linking new events, and verifying that none was changed or deleted since.

mod continue_chain;
mod keys;
mod known_end;
mod link_events;
mod verdict;
mod verify_events;

pub use keys::{ChainKeys, NotedLink};
pub(in crate::accounts) use known_end::KnownEnd;
pub use verdict::{ChainBreak, ChainFault, ChainVerdict, LastLink, LateLinks, WholeChain};
