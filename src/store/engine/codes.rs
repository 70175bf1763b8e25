//! Result codes of SQLite.

use sqlx::error::DatabaseError;

/// SQLite's result code while another connection writes.
pub(in crate::store) const SQLITE_BUSY: u32 = 5;

/// Whether the error has this code, or one of its extended codes, whose last byte is this code.
pub(in crate::store) fn is_code(error: &dyn DatabaseError, code: u32) -> bool {
    error.code().and_then(|text| text.parse::<u32>().ok()).is_some_and(|extended| extended & 0xff == code)
}
