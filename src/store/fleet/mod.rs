//! What nodes share: their leases, receipts, counters and found tokens, and the connection to Redis.

pub mod nodes;
pub mod receipts;
pub mod redis_link;
mod redis_warnings;
pub mod shared_counters;
pub mod token_keys;
