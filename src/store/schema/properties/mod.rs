//! What this program relies on in a database and cannot do without: all of it is checked here, whenever one is opened.
//!
//! A database that lacks a property would work for a while: until a name in another script, a lost notification or a
//! search that misses a row. So it is refused at the start, with what to do. Of Redis nothing is needed; what is wrong
//! there is a warning.

mod in_postgres;
mod in_redis;
mod in_sqlite;

pub(in crate::store) use in_postgres::{check_postgres, refuses_our_parameters};
pub(in crate::store) use in_redis::what_redis_may_lose;
pub(in crate::store) use in_sqlite::check_sqlite;

/// Why a database cannot be used, and what to do; or that it failed.
#[derive(Debug)]
pub(in crate::store) enum Unfit {
    Lacks(String),
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Unfit {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}
