//! Curfew.
pub mod domain;
pub mod store;
