//! All SQL there is: one text for SQLite and Postgres.
//!
//! A function here is one statement or a few that belong together. It takes [`Sql`], a connection
//! or a transaction, so that the use case above decides what happens in one. Nothing else in the
//! crate may name sqlx.

pub mod bulk;
pub mod bulk_acts;
mod clock;
pub mod dated_ahead;
mod dialect;
mod engine;
mod error;
pub mod events;
pub mod events_index;
pub mod events_list;
pub mod feed;
mod file;
mod from_row;
pub mod last_seen;
pub mod live_samples;
pub mod login_ends;
pub mod login_upkeep;
pub mod logins;
pub mod logins_by_hour;
mod migrate;
mod migrations;
pub mod nodes;
pub mod overview;
mod pool;
pub mod presence;
mod properties;
mod readers;
pub mod receipts;
pub mod redis_link;
mod search;
pub mod shared_counters;
pub mod site;
pub mod site_sessions;
pub mod standing;
mod statistics;
pub mod token_keys;
mod trust;
pub mod users;
pub mod users_list;

pub use clock::Clock;
pub use engine::{Connection, Sql, Transaction};
pub use error::{OpenError, StoreError};
pub use file::create_missing_file;
pub use pool::{Db, PoolLimits, Store};
pub use trust::Trust;

/// The module under which the databases' drivers log.
pub const DRIVERS_LOG: &str = "sqlx";

/// What a function of the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;
