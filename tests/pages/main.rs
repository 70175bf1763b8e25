//! The pages, through Rocket's local client.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../harness/mod.rs"]
mod harness;

mod account;
mod api;
mod ending;
mod host;
mod letters;
mod login;
mod requests;
mod staff;
