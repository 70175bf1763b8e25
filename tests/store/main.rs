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

mod bulk;
mod ending;
mod engine;
mod events;
mod letters;
mod logins;
mod people;
mod time;
