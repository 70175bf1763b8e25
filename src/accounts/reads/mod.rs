//! What pages and commands read, each with one connection and one time.

mod events;
mod overview;
mod site;
mod users;

pub use overview::{Hours, Overview};
