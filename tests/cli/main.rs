//! The program itself, as a person at a terminal uses it: on every engine, with the server stopped and running.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails there, saying what is missing")]

#[path = "../harness/store.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod store;

#[path = "../harness/guides.rs"]
mod guides;

#[path = "../harness/nginx.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod nginx;

mod browser;
mod program;
mod replicas;
mod site;

// Tests run in the order of these names. A test that waits for half a minute belongs to the first half, so that others
// run meanwhile.
mod commands;
mod failing;
mod requests;
mod starting;
