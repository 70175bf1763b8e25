//! The names in events that an act on many has left to be indexed: the search index takes longer than all
//! else that is written of an event. Until then a search reads them one by one.

use super::{
    Result, Sql,
    engine::{Engine, execute, fetch_one},
};
use crate::domain::moment::Moment;

/// Whether an act on many is being carried out, which has made progress since that moment.
///
/// # Errors
/// When the database does not answer.
pub async fn is_acting_on_many(on: &mut impl Sql, since: Moment) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM bulk_acts WHERE ended_at IS NULL AND updated_at > $1";
    let (acts,) = fetch_one!(on, (i64,), sql, since)?;
    Ok(acts > 0)
}

/// Whether there are any left.
///
/// # Errors
/// When the database does not answer.
pub async fn has_events_to_index(on: &mut impl Sql) -> Result<bool> {
    Ok(fetch_one!(on, (bool,), "SELECT EXISTS (SELECT 1 FROM events WHERE NOT names_indexed)")?.0)
}

/// Indexes the names of at most so many events, the oldest first, but for those that another node is at;
/// says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn index_some_events(on: &mut impl Sql, limit: i64) -> Result<u64> {
    macro_rules! sql {
        ($end:literal) => {
            concat!(
                "UPDATE events SET names_indexed = TRUE
                 WHERE id IN (SELECT id FROM events WHERE NOT names_indexed ORDER BY id LIMIT $1",
                $end,
                ")"
            )
        };
    }
    let sql = match on.engine() {
        Engine::Sqlite(_) => sql!(""),
        Engine::Postgres(_) => sql!(" FOR UPDATE SKIP LOCKED"),
    };
    Ok(execute!(on, sql, limit)?)
}
