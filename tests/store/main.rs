//! The store and the use cases, with the same behaviour on SQLite and Postgres.
//!
//! Every test gets a fresh database on each engine. Nothing here sleeps or retries, so a race that fails once in a
//! hundred runs fails the test once in a hundred runs.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, also in its helpers")]

#[path = "../harness/store.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod harness;

mod acts;
mod house;
mod raw;

mod activity;
mod bulk;
mod bulk_meanwhile;
mod bulk_terms;
mod bulk_undone;
mod by_hand;
mod clock_ahead;
mod counted_acts;
mod deactivation;
mod deadlines;
mod erased_events;
mod event_chain;
mod events_index;
mod events_kept;
mod events_list;
mod everyone_else;
mod feed;
mod finder;
mod lock_order;
mod logins_list;
mod looking;
mod lost_transactions;
mod many_sessions;
mod moments;
mod names;
mod one_event;
mod overtaken;
mod pairs;
mod passwords;
mod paste;
mod previews;
mod refusals;
mod same_instant;
mod scheduled;
mod session_limit;
mod sessions;
mod shared_counters;
mod site_logins;
mod statistics;
mod stepped_clock;
mod superusers;
mod tables;
mod tidying;
mod unwritten_requests;
mod users_list;
