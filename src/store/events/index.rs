//! The names in events that an act on many has left to be indexed: the search index takes longer than all
//! else that is written of an event. Until then a search reads them one by one.

use sqlx::QueryBuilder;

use crate::store::{
    Result, Sql,
    engine::{dialect::Dialect, fetch_one, in_time, on_engine},
};

/// Whether there are any left.
///
/// # Errors
/// When the database does not answer.
pub async fn has_events_to_index(on: &mut impl Sql) -> Result<bool> {
    Ok(fetch_one!(on, (bool,), "SELECT EXISTS (SELECT 1 FROM curfew_events WHERE NOT names_indexed)")?.0)
}

/// Indexes the names of at most so many events, the oldest first, but for those that another node is at;
/// says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn index_some_events(on: &mut impl Sql, limit: i64) -> Result<u64> {
    fn statement<DB: Dialect>(limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "UPDATE curfew_events SET names_indexed = TRUE \
             WHERE id IN (SELECT id FROM curfew_events WHERE NOT names_indexed ORDER BY id LIMIT ",
        );
        DB::bind_number(&mut sql, limit);
        sql.push(DB::LOCK_FREE).push(")");
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(limit).build().execute(c)).await.map(|done| done.rows_affected()))?)
}
