//! What many nodes share: who serves, who has applied what, and counters.

pub mod nodes;
pub mod receipts;
pub mod redis_link;
pub mod shared_counters;
