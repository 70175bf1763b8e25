//! Reading a row into a struct by the names of its columns.

/// Implements [`sqlx::FromRow`] on both engines for a struct whose fields are columns: `from_row!(User { id, email })`.
/// A field that is itself read from columns of the row follows `with { … }`.
///
/// sqlx's own derive does the same, but compiles all of sqlx and SQLite a second time, for the compiler itself.
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
        $crate::store::engine::from_row::from_row!(@sqlx::postgres::PgRow, $row { $($column),* } { $($($part),*)? });
    };
}

pub(in crate::store) use from_row;
