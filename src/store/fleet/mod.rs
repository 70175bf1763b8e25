//! What nodes share: their leases, receipts, counters and found tokens, and the connection to Redis.

pub mod nodes;
pub mod receipts;
#[cfg(feature = "redis")]
pub mod redis_link;
#[cfg(not(feature = "redis"))]
#[path = "without_redis.rs"]
pub mod redis_link;
#[cfg(feature = "redis")]
mod redis_warnings;
pub mod shared_counters;
pub mod token_keys;
