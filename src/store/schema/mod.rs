//! Migrates the tables to this version.

pub(super) mod migrate;
pub(super) mod migrations;

pub use migrate::Content;
