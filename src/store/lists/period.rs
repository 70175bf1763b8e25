//! The SQL condition of a period.

use sqlx::QueryBuilder;

use crate::{domain::period::Period, store::engine::dialect::Dialect};

/// Adds the condition that a timestamp is in the period. A `NULL` is in no period that has an end.
pub(in crate::store) fn push_is_in_period<DB: Dialect>(sql: &mut QueryBuilder<DB>, column: &str, period: &Period) {
    sql.push("TRUE");
    for (comparison, bound) in [(">=", period.from), ("<=", period.to)] {
        if let Some(at) = bound {
            sql.push(format_args!(" AND {column} {comparison} "));
            DB::bind_moment(sql, at);
        }
    }
}
