//! Letters: prepares those that are due, and records what became of them. `accounts/outbox.rs` queues them.

mod claim;
mod compose;
mod outcome;
mod purge;

pub use claim::CLAIM_EXTENDED_EVERY;
pub use compose::LetterToSend;
pub(in crate::accounts) use compose::{Composed, QueuedLetter, compose_letter};
pub use outcome::LetterOutcome;
