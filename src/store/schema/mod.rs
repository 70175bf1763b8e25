//! The tables: brought up to this version, and checked for what the program relies on.

pub(super) mod migrate;
pub(super) mod migrations;
pub(super) mod properties;
pub(super) mod statistics;
