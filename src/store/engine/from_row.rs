//! Reads a row into a struct by column names.

use sqlx::{FromRow, sqlite::SqliteRow};

/// Implements [`sqlx::FromRow`] on both engines for a struct whose fields are columns: `from_row!(User { id, email })`.
/// Fields that are structs, read from the same row, go into `with { … }`.
///
/// sqlx's derive does the same, but its macro crate compiles all of sqlx and SQLite a second time, for the compiler.
macro_rules! from_row {
    (@$engine:ty, $row:ident { $($column:ident),* } { $($part:ident),* }) => {
        impl sqlx::FromRow<'_, $engine> for $row {
            fn from_row(row: &$engine) -> sqlx::Result<Self> {
                Ok(Self {
                    $($column: sqlx::Row::try_get(row, stringify!($column))?,)*
                    $($part: sqlx::FromRow::from_row(row)?,)*
                })
            }
        }
    };
    ($row:ident { $($column:ident),* $(,)? } $(with { $($part:ident),* })?) => {
        $crate::store::engine::from_row::from_row!(@sqlx::sqlite::SqliteRow, $row { $($column),* } { $($($part),*)? });
        #[cfg(feature = "postgres")]
        $crate::store::engine::from_row::from_row!(@sqlx::postgres::PgRow, $row { $($column),* } { $($($part),*)? });
    };
}

pub(in crate::store) use from_row;

/// What can be read from a row of either engine.
#[cfg(feature = "postgres")]
pub(in crate::store) trait FromAnyRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin
{
}
#[cfg(feature = "postgres")]
impl<T> FromAnyRow for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin
{
}

/// What can be read from a row.
#[cfg(not(feature = "postgres"))]
pub(in crate::store) trait FromAnyRow: for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
#[cfg(not(feature = "postgres"))]
impl<T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin> FromAnyRow for T {}
