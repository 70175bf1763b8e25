//! One act on many accounts: previewed, begun once, and done a thousand accounts a transaction.
//!
//! Each account is acted on as the act on one does it, by the same date, with an event of its own and
//! the same receipt. What was promised is counted by the same conditions as what is done.

mod batch;
mod begin;
mod preview;
mod run;

pub use begin::{BeginBulk, Begun};
pub use preview::PreviewedBulk;
pub use run::BulkRun;
