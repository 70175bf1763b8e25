//! The chain of events: a link for each event, with the hash of the link before it.
//!
//! A login must not wait for the chain, so events are inserted without a link. One node at a time links them soon after.
//! [`queue`] knows which.

mod digest;
pub mod queue;
pub mod read;

use sqlx::QueryBuilder;

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{
            Engine, dialect::Dialect, execute, fetch_all, fetch_one, fetch_optional, from_row::from_row, on_engine,
            with_timeout,
        },
    },
};
pub use digest::HASH_BYTES;
use digest::{event_digest, link_hash, personal_digest};
use queue::delete_events_to_link;

/// The length of a salt, in bytes: without it, an erased address cannot be guessed from its digest.
pub const SALT_BYTES: usize = 16;
/// The key of the advisory lock that a Postgres transaction holds while it changes the chain: an arbitrary number.
const LOCK: i64 = 0x6375_7266_6577;

/// What an event says, for its digest.
#[derive(Debug, Clone)]
pub struct LinkedEvent {
    id: i64,
    at: Moment,
    kind: String,
    actor_id: Option<i64>,
    actor: Option<String>,
    subject_id: Option<i64>,
    subject: Option<String>,
    session_id: Option<String>,
    reason: Option<String>,
    staff_reason: Option<String>,
    user_reason: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    detail: Option<String>,
    times: i64,
    bulk_id: Option<String>,
    names_key: Option<String>,
}

from_row!(LinkedEvent {
    id,
    at,
    kind,
    actor_id,
    actor,
    subject_id,
    subject,
    session_id,
    reason,
    staff_reason,
    user_reason,
    address,
    user_agent,
    detail,
    times,
    bulk_id,
    names_key
});

/// The columns of a [`LinkedEvent`] `e`.
macro_rules! event_columns {
    () => {
        "e.id, e.at, e.kind, e.actor_id, e.actor, e.subject_id, e.subject, e.session_id, e.reason, e.staff_reason,
         e.user_reason, e.address, e.user_agent, e.detail, e.times, e.bulk_id,
         e.names_key"
    };
}

pub(super) use event_columns;

/// A link of the chain.
#[derive(Debug, Clone)]
pub struct LinkRow {
    /// Its number, from 1.
    pub number: i64,
    /// The event.
    pub event_id: i64,
    /// The event's time.
    pub event_at: Moment,
    /// When the link was made.
    pub linked_at: Moment,
    digest: Vec<u8>,
    personal_digest: Vec<u8>,
    salt: Option<Vec<u8>>,
    /// The hash of the previous link.
    pub previous: Vec<u8>,
    /// The hash of this link.
    pub hash: Vec<u8>,
    /// The MAC of the hash.
    pub seal: Vec<u8>,
}

from_row!(LinkRow { number, event_id, event_at, linked_at, digest, personal_digest, salt, previous, hash, seal });

/// The columns of a [`LinkRow`].
macro_rules! link_columns {
    () => {
        "number, event_id, event_at, linked_at, digest, personal_digest, salt, previous, hash, seal"
    };
}

pub(super) use link_columns;

/// The last link.
#[derive(Debug, Clone)]
pub struct ChainEnd {
    /// Its number.
    pub number: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The MAC of the hash.
    pub seal: Vec<u8>,
}

from_row!(ChainEnd { number, hash, seal });

impl LinkRow {
    /// The hash that the link must have.
    #[must_use]
    pub fn computed_hash(&self) -> [u8; HASH_BYTES] {
        link_hash(self)
    }

    /// Whether the personal parts of the event have been erased.
    #[must_use]
    pub const fn is_erased(&self) -> bool {
        self.salt.is_none()
    }

    /// Whether the event is as it was linked, apart from an erasure of its personal parts.
    #[must_use]
    pub fn fits(&self, event: &LinkedEvent) -> bool {
        let is_personal_part_kept = match &self.salt {
            Some(salt) => self.personal_digest == personal_digest(salt, event),
            None => event.is_erased(),
        };
        event.id == self.event_id && self.digest == event_digest(event) && is_personal_part_kept
    }
}

/// Takes the lock of the chain until the transaction ends. Returns false if another node has it.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn try_lock_chain(on: &mut dyn Sql) -> Result<bool> {
    match on.engine()? {
        // A transaction is the only writer from its start.
        Engine::Sqlite(_) => Ok(true),
        #[cfg(feature = "postgres")]
        Engine::Postgres(connection) => {
            let lock = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(LOCK);
            Ok(with_timeout(lock.fetch_one(connection)).await?)
        }
    }
}

/// Takes the lock of the chain until the transaction ends, after whoever has it.
///
/// # Errors
/// Returns an error if the database does not respond, or if the lock is held for too long.
pub async fn lock_chain(on: &mut dyn Sql) -> Result<()> {
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
        with_timeout(lock.execute(connection)).await?;
    }
    Ok(())
}

/// Finds the last link.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_last_link(on: &mut dyn Sql) -> Result<Option<ChainEnd>> {
    let sql = "SELECT number, hash, seal FROM curfew_event_links ORDER BY number DESC LIMIT 1";
    Ok(fetch_optional!(on, ChainEnd, sql)?)
}

/// Finds the hash of a link.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_link_hash(on: &mut dyn Sql, number: i64) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> =
        fetch_optional!(on, (Vec<u8>,), "SELECT hash FROM curfew_event_links WHERE number = $1", number)?;
    Ok(found.map(|(hash,)| hash))
}

/// Whether retention has deleted the first links up to this number.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn begins_after(on: &mut dyn Sql, number: i64) -> Result<bool> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM curfew_event_links WHERE number <= $1)
                  AND EXISTS (SELECT 1 FROM curfew_event_links WHERE number > $1)";
    Ok(fetch_one!(on, (bool,), sql, number)?.0)
}

/// Appends the links of these events to the chain, which the caller has locked, after the link with this number and
/// hash. `seal` computes the seal of a hash. Each event needs a salt.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_links(
    on: &mut dyn Sql,
    (last_number, last_hash): (i64, Vec<u8>),
    linked_at: Moment,
    events: &[(LinkedEvent, [u8; SALT_BYTES])],
    seal: impl Fn(&[u8]) -> Vec<u8> + Send,
) -> Result<()> {
    let (mut number, mut previous) = (last_number, last_hash);
    for (event, salt) in events {
        number += 1;
        let mut link = LinkRow {
            number,
            event_id: event.id,
            event_at: event.at,
            linked_at,
            digest: event_digest(event).to_vec(),
            personal_digest: personal_digest(salt, event).to_vec(),
            salt: Some(salt.to_vec()),
            previous,
            hash: Vec::new(),
            seal: Vec::new(),
        };
        link.hash = link.computed_hash().to_vec();
        link.seal = seal(&link.hash);
        insert_link(on, &link).await?;
        previous = link.hash;
    }
    let ids: Vec<i64> = events.iter().map(|(event, _)| event.id).collect();
    delete_events_to_link(on, &ids).await
}

async fn insert_link(on: &mut dyn Sql, link: &LinkRow) -> Result<()> {
    let sql = "
        INSERT INTO curfew_event_links
            (number, event_id, event_at, linked_at, digest, personal_digest, salt, previous, hash, seal)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    execute!(
        on,
        sql,
        link.number,
        link.event_id,
        link.event_at,
        link.linked_at,
        &link.digest,
        &link.personal_digest,
        link.salt.as_deref(),
        &link.previous,
        &link.hash,
        &link.seal
    )?;
    Ok(())
}

/// Deletes the first links, if retention has deleted their events: those up to the first link whose event exists, or is
/// newer than `up_to`. Keeps the last of them, with whose hash the chain then begins. Reads at most `limit` links.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_first_links(on: &mut dyn Sql, up_to: Moment, limit: i64) -> Result<u64> {
    let first = "
        SELECT l.number, NOT EXISTS (SELECT 1 FROM curfew_events WHERE id = l.event_id) AND l.event_at <= $1
        FROM curfew_event_links l ORDER BY l.number LIMIT $2";
    let first: Vec<(i64, bool)> = fetch_all!(on, (i64, bool), first, up_to, limit)?;
    let Some((anchor, _)) = first.into_iter().take_while(|(_, is_deleted)| *is_deleted).last() else { return Ok(0) };
    Ok(execute!(on, "DELETE FROM curfew_event_links WHERE number < $1", anchor)?)
}

/// Erases the salts of the links of these events, whose personal parts are erased.
///
/// # Errors
/// Returns an error if the database does not respond.
pub(super) async fn erase_salts(on: &mut dyn Sql, ids: &[i64]) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("UPDATE curfew_event_links SET salt = NULL WHERE event_id");
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    on_engine!(on, |c| with_timeout(statement(ids).build().execute(c)).await.map(drop))?;
    Ok(())
}
