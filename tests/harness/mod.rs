//! What the tests share: a database each, the site over it, and people with browsers.

#![allow(dead_code)] // each test program uses a part of it

pub mod jar;
pub mod journeys;
pub mod page;
pub mod person;
pub mod probes;
pub mod program;
pub mod proxy;
pub mod redis;
pub mod site;
pub mod sql;
pub mod store;
pub mod stream;
