//! Migrates the tables to this version, and checks the properties that the program needs from its database.

pub(super) mod migrate;
pub(super) mod migrations;
pub(super) mod properties;
pub(super) mod statistics;
