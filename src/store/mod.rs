//! All SQL of the crate: one text for SQLite and Postgres.
//!
//! Each function is one statement, or a few that belong together. It takes [`Sql`], a connection or a
//! transaction, so the use case that calls it sets the transaction's bounds. Nothing else in the crate may name
//! sqlx.

#![cfg_attr(not(feature = "postgres"), allow(unused, clippy::unused_async, reason = "Postgres needs them"))]

pub mod bulk;
mod engine;
mod error;
pub mod events;
pub mod feed;
pub mod fleet;
mod host;
pub mod letters;
pub mod links;
pub mod lists;
pub mod logins;
mod pool;
pub mod reason_templates;
pub mod schema;
pub mod site;
pub mod standing;
pub mod users;

pub use engine::clock::Clock;
pub use engine::trust::Trust;
pub use engine::{Connection, Sql, Transaction};
pub use error::{AddressFault, Lack, OpenError, StoreError};
pub use host::HostValue;
pub(crate) use host::execute_for_host;
pub use pool::file::create_missing_file;
pub use pool::{Db, PoolLimits, Pools, Store};

/// The log target of the database drivers.
pub const DRIVERS_LOG: &str = "sqlx";

/// The result of a store function.
pub type Result<T> = std::result::Result<T, StoreError>;
