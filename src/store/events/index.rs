//! Indexes the names in the events of bulk actions, after the action: updating the search index takes longer than the
//! rest of the insert. Until an event is indexed, a search scans it.

use sqlx::QueryBuilder;

use crate::store::{
    Result, Sql,
    engine::{dialect::Dialect, fetch_one, on_engine, with_timeout},
};

/// Whether any events are not indexed yet.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_events_to_index(on: &mut dyn Sql) -> Result<bool> {
    Ok(fetch_one!(on, (bool,), "SELECT EXISTS (SELECT 1 FROM curfew_events WHERE NOT names_indexed)")?.0)
}

/// Indexes the names in at most `limit` events, oldest first, and returns how many. Skips the events that another node
/// has locked.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn index_some_events(on: &mut dyn Sql, limit: i64) -> Result<u64> {
    fn statement<DB: Dialect>(limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "UPDATE curfew_events SET names_indexed = TRUE \
             WHERE id IN (SELECT id FROM curfew_events WHERE NOT names_indexed ORDER BY id LIMIT ",
        );
        DB::bind_number(&mut sql, limit);
        sql.push(DB::LOCK_SKIPPING_LOCKED).push(")");
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(limit).build().execute(c)).await.map(|done| done.rows_affected()))?)
}
