//! What nodes share: their leases, receipts and counters, and the connection to Redis.

pub mod nodes;
pub mod receipts;
pub mod redis_link;
pub mod shared_counters;
