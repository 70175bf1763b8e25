//! Letters: queues them in the transaction of the act they report, and prepares them when they are due.

mod claim;
mod compose;
mod outcome;
mod purge;
mod queue;

pub use claim::CLAIM_EXTENDED_EVERY;
pub use compose::LetterToSend;
pub(in crate::accounts) use compose::{Composed, QueuedLetter};
pub use outcome::LetterOutcome;
