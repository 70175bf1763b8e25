//! Checks, whenever a database is opened, the properties that this program needs from it.
//!
//! A database without one of them would work for a while: until a name in another script, a lost notification or a
//! search that misses a row. So the program refuses it at the start, and says what to do.

#[cfg(feature = "postgres")]
mod in_postgres;
mod in_sqlite;

#[cfg(feature = "postgres")]
pub(super) use in_postgres::{check_postgres, is_refused_parameter};
pub(super) use in_sqlite::check_sqlite;

use crate::store::Lack;

/// Why a database cannot be used.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It lacks a property.
    Lacks(Lack),
    /// The check itself failed.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Unfit {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}
