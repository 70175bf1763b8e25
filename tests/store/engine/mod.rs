//! The two engines: tables, transactions, counters and the feed.

mod by_hand;
mod deadlines;
mod feed;
mod lost_transactions;
mod shared_counters;
mod statistics;
mod tables;
