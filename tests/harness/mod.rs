//! Shared by all tests: a fresh database per test, the site on top of it, and people with browsers.

#![allow(dead_code, reason = "each test program uses only a part of this")]

pub mod jar;
pub mod journeys;
pub mod letters;
pub mod page;
pub mod person;
pub mod probes;
pub mod program;
pub mod proxy;
pub mod redis;
pub mod site;
pub mod sql;
pub mod store;
pub mod strangers;
pub mod stream;
