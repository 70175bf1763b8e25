//! Reads the chain to verify it.

use std::collections::{HashMap, HashSet};

use sqlx::QueryBuilder;

use super::{LinkRow, LinkedEvent, event_columns, link_columns};
use crate::store::{
    Result, Sql,
    engine::{dialect::Dialect, fetch_all, fetch_optional, on_engine, with_timeout},
};

/// A link with what is left of its event.
#[derive(Debug)]
pub struct ChainRow {
    /// The link.
    pub link: LinkRow,
    /// The event. `None` if it was deleted.
    pub event: Option<LinkedEvent>,
    /// Whether the account still exists to which the personal parts of the event belong.
    pub has_account: bool,
}

/// At most `limit` links after a number, with their events.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_chain_after(on: &mut dyn Sql, number: i64, limit: i64) -> Result<Vec<ChainRow>> {
    fn events<DB: Dialect>(ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(concat!("SELECT ", event_columns!(), " FROM curfew_events e WHERE e.id"));
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    fn accounts<DB: Dialect>(ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT id FROM curfew_users WHERE id");
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    let links =
        concat!("SELECT ", link_columns!(), " FROM curfew_event_links WHERE number > $1 ORDER BY number LIMIT $2");
    let links: Vec<LinkRow> = fetch_all!(on, LinkRow, links, number, limit)?;
    let ids: Vec<i64> = links.iter().map(|link| link.event_id).collect();
    let found: Vec<LinkedEvent> = on_engine!(on, |c| with_timeout(events(&ids).build_query_as().fetch_all(c)).await)?;
    let erased: HashSet<i64> = links.iter().filter(|link| link.is_erased()).map(|link| link.event_id).collect();
    let owners: Vec<i64> =
        found.iter().filter(|event| erased.contains(&event.id)).filter_map(LinkedEvent::owner).collect();
    let existing: Vec<i64> = if owners.is_empty() {
        Vec::new()
    } else {
        on_engine!(on, |c| with_timeout(accounts(&owners).build_query_scalar().fetch_all(c)).await)?
    };
    let mut found: HashMap<i64, LinkedEvent> = found.into_iter().map(|event| (event.id, event)).collect();
    let row = |link: LinkRow| {
        let event = found.remove(&link.event_id);
        let owner = event.as_ref().map(LinkedEvent::owner);
        let has_account = owner.is_some_and(|owner| owner.is_none_or(|id| existing.contains(&id)));
        ChainRow { link, event, has_account }
    };
    Ok(links.into_iter().map(row).collect())
}

/// Finds the link of an event.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_link_of(on: &mut dyn Sql, event_id: i64) -> Result<Option<LinkRow>> {
    let sql = concat!("SELECT ", link_columns!(), " FROM curfew_event_links WHERE event_id = $1");
    Ok(fetch_optional!(on, LinkRow, sql, event_id)?)
}

impl LinkedEvent {
    /// The account to which the client in the event belongs.
    fn owner(&self) -> Option<i64> {
        if self.actor.is_some() { self.actor_id } else { self.subject_id }
    }
}

/// Finds an event that has no link and is not waiting for one.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_event_outside_chain(on: &mut dyn Sql) -> Result<Option<i64>> {
    let sql = "
        SELECT e.id FROM curfew_events e
        WHERE NOT EXISTS (SELECT 1 FROM curfew_event_links WHERE event_id = e.id)
          AND NOT EXISTS (SELECT 1 FROM curfew_events_to_link WHERE event_id = e.id)
        ORDER BY e.id LIMIT 1";
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), sql)?;
    Ok(found.map(|(id,)| id))
}

/// Finds an event that was deleted before it was linked.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_event_deleted_before_link(on: &mut dyn Sql) -> Result<Option<i64>> {
    let sql = "
        SELECT l.event_id FROM curfew_events_to_link l
        WHERE NOT EXISTS (SELECT 1 FROM curfew_events WHERE id = l.event_id) ORDER BY l.event_id LIMIT 1";
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), sql)?;
    Ok(found.map(|(id,)| id))
}

/// Whether this database role may delete events.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn may_delete_events(on: &mut dyn Sql) -> Result<bool> {
    use crate::store::engine::Engine;
    match on.engine()? {
        Engine::Sqlite(_) => Ok(true),
        #[cfg(feature = "postgres")]
        Engine::Postgres(connection) => {
            let may = sqlx::query_scalar("SELECT has_table_privilege('curfew_events', 'DELETE')");
            Ok(with_timeout(may.fetch_one(connection)).await?)
        }
    }
}
