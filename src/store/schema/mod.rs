//! Migrates the tables to this version.

pub(super) mod migrate;
pub(super) mod migrations;
