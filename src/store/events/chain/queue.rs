//! The events that wait for a link. A trigger writes the rows of `curfew_events_to_link`, so they say which, also when
//! transactions commit in another order than that of their ids.

use sqlx::QueryBuilder;

use super::{LinkedEvent, event_columns};
use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{Engine, dialect::Dialect, execute, fetch_all, fetch_one, fetch_optional, on_engine, with_timeout},
    },
};

/// Whether any event waits for a link.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_events_to_link(on: &mut dyn Sql) -> Result<bool> {
    Ok(fetch_one!(on, (bool,), "SELECT EXISTS (SELECT 1 FROM curfew_events_to_link)")?.0)
}

/// Counts the events that are not linked yet.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_events_to_link(on: &mut dyn Sql) -> Result<i64> {
    let sql = "
        SELECT COUNT(*) FROM curfew_events_to_link l
        WHERE NOT EXISTS (SELECT 1 FROM curfew_event_links WHERE event_id = l.event_id)";
    Ok(fetch_one!(on, (i64,), sql)?.0)
}

/// Finds the oldest event that is not linked yet: its id and time.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_oldest_event_to_link(on: &mut dyn Sql) -> Result<Option<(i64, Moment)>> {
    let sql = "
        SELECT e.id, e.at FROM curfew_events_to_link l JOIN curfew_events e ON e.id = l.event_id
        WHERE NOT EXISTS (SELECT 1 FROM curfew_event_links WHERE event_id = l.event_id) ORDER BY e.at, e.id LIMIT 1";
    Ok(fetch_optional!(on, (i64, Moment), sql)?)
}

/// Removes the events that have a link already from the next `limit` that wait, and returns how many. Somebody must have
/// put them back by hand, and a second link would be refused.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_linked_events_to_link(on: &mut dyn Sql, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_events_to_link WHERE event_id IN (
            SELECT next.event_id FROM (SELECT event_id FROM curfew_events_to_link ORDER BY event_id LIMIT $1) AS next
            WHERE EXISTS (SELECT 1 FROM curfew_event_links l WHERE l.event_id = next.event_id))";
    Ok(execute!(on, sql, limit)?)
}

/// At most `limit` events without a link, by id. On Postgres, locks them until the transaction ends, so that nobody
/// erases parts of an event while it is linked, and skips those that another transaction has locked.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_events_to_link(on: &mut dyn Sql, limit: i64) -> Result<Vec<LinkedEvent>> {
    macro_rules! sql {
        ($lock:literal) => {
            concat!(
                "SELECT ",
                event_columns!(),
                " FROM curfew_events_to_link l JOIN curfew_events e ON e.id = l.event_id
                 WHERE NOT EXISTS (SELECT 1 FROM curfew_event_links WHERE event_id = l.event_id)
                 ORDER BY l.event_id LIMIT $1",
                $lock
            )
        };
    }
    let sql = match on.engine()? {
        Engine::Sqlite(_) => sql!(""),
        #[cfg(feature = "postgres")]
        Engine::Postgres(_) => sql!(" FOR SHARE OF e SKIP LOCKED"),
    };
    Ok(fetch_all!(on, LinkedEvent, sql, limit)?)
}

/// Records that these events have a link, or need none.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_events_to_link(on: &mut dyn Sql, ids: &[i64]) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("DELETE FROM curfew_events_to_link WHERE event_id");
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    on_engine!(on, |c| with_timeout(statement(ids).build().execute(c)).await.map(drop))?;
    Ok(())
}
