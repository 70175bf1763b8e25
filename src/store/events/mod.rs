//! The event log: one row per event, inserted in the transaction of the action that it records.

pub mod chain;
pub mod erase;
pub mod index;

use super::{
    Result, Sql,
    engine::{Engine, fetch_all, fetch_one, fetch_optional, from_row::from_row},
};
use crate::domain::{
    address_key::AddressKey,
    event_kind::EventKind,
    logins::{public_id::PublicId, user_agent::BrowserKey},
    moment::Moment,
    people::text::comparison_key,
    reason::EndReason,
    reason_text::Reasons,
};
use chain::queue::delete_events_to_link;

/// An account as an event names it. The account may be deleted later, but the event keeps the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    /// The account's id; none if no account has this name.
    pub id: Option<i64>,
    /// The account's name, or the name as typed.
    pub name: &'a str,
}

impl Named<'_> {
    /// The comparison keys of actor and subject, which a search compares: one per line, and only one if they are the
    /// same.
    pub(super) fn key_of(actor: Option<Self>, subject: Option<Self>) -> String {
        let [actor, subject] = [actor, subject].map(|named| named.map(|named| comparison_key(named.name)));
        let subject = subject.filter(|subject| actor.as_ref() != Some(subject));
        [actor, subject].into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

/// An event to record.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub kind: EventKind,
    /// Who did it; none if the site did.
    pub actor: Option<Named<'a>>,
    /// Whose account it concerns.
    pub subject: Option<Named<'a>>,
    /// The login that did it, or that it ended.
    pub session: Option<&'a PublicId>,
    /// Why logins ended, if the event ended any.
    pub reason: Option<EndReason>,
    /// The reasons that staff gave.
    pub reasons: Reasons,
    /// The client's network address.
    pub address: Option<&'a str>,
    /// The client's user agent.
    pub user_agent: Option<&'a str>,
    /// Further details, such as counts or the old value. Never a secret.
    pub detail: Option<String>,
    /// How often it happened.
    pub times: i64,
    /// The bulk action that it is part of, or that it records as a whole.
    pub bulk: Option<&'a PublicId>,
}

impl NewEvent<'_> {
    /// The key by which the client's address is found and sorted.
    pub(super) fn address_key(&self) -> AddressKey {
        self.address.map(AddressKey::of).unwrap_or_default()
    }

    /// The key by which the client's browser is found and sorted.
    pub(super) fn browser_key(&self) -> BrowserKey {
        self.user_agent.map(BrowserKey::of_user_agent).unwrap_or_default()
    }
}

/// A stored event.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The event's id.
    pub id: i64,
    /// When it happened.
    pub at: Moment,
    /// What happened; see [`EventKind::code`].
    pub kind: String,
    /// The name of who did it.
    pub actor: Option<String>,
    /// The actor's id, while the account exists.
    pub actor_account: Option<i64>,
    /// The name of the user that the event is about.
    pub subject: Option<String>,
    /// The subject's id.
    pub subject_id: Option<i64>,
    /// The subject's id, while the account exists.
    pub subject_account: Option<i64>,
    /// The login that did it, or that it ended.
    pub session_id: Option<String>,
    /// Why logins ended, if the event ended any.
    pub reason: Option<String>,
    /// The reason that staff see.
    pub staff_reason: Option<String>,
    /// The reason that the user sees.
    pub user_reason: Option<String>,
    /// The client's network address.
    pub address: Option<String>,
    /// The client's user agent.
    pub user_agent: Option<String>,
    /// Further details.
    pub detail: Option<String>,
    /// How often it happened.
    pub times: i64,
    /// The bulk action that it is part of, while staff can see that action.
    pub bulk_id: Option<String>,
}

from_row!(EventRow {
    id,
    at,
    kind,
    actor,
    actor_account,
    subject,
    subject_id,
    subject_account,
    session_id,
    reason,
    staff_reason,
    user_reason,
    address,
    user_agent,
    detail,
    times,
    bulk_id
});

impl EventRow {
    /// Whether the event records an attempt that failed; see [`EventKind::is_attempt`].
    #[must_use]
    pub fn is_attempt(&self) -> bool {
        EventKind::from_code(&self.kind).is_some_and(EventKind::is_attempt)
    }
}

/// `select_events!("curfew_events e …")` selects [`EventRow`]s. It names each column instead of using `*`, for the
/// same reason as `select_users`.
macro_rules! select_events {
    ($from:literal) => {
        concat!(
            "SELECT e.id, e.at, e.kind, e.actor, e.subject, e.subject_id, e.session_id, e.reason, e.staff_reason, e.user_reason,
                    e.address, e.user_agent, e.detail, e.times, (SELECT id FROM curfew_users WHERE id = e.actor_id) AS actor_account,
                    (SELECT id FROM curfew_users WHERE id = e.subject_id) AS subject_account,
                    (SELECT id FROM curfew_bulk_actions WHERE id = e.bulk_id) AS bulk_id
             FROM ",
            $from
        )
    };
}

pub(super) use select_events;

/// Inserts an event and returns its id. Call it in the transaction of the action.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_event(on: &mut dyn Sql, event: &NewEvent<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO curfew_events (at, kind, actor_id, actor, subject_id, subject, session_id, reason,
                            staff_reason, user_reason, address, user_agent, detail, times, bulk_id,
                            names_key, address_key, browser_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        RETURNING id";
    let (id,) = fetch_one!(
        on,
        (i64,),
        sql,
        event.at,
        event.kind.code(),
        event.actor.and_then(|actor| actor.id),
        event.actor.map(|actor| actor.name),
        event.subject.and_then(|subject| subject.id),
        event.subject.map(|subject| subject.name),
        event.session.map(PublicId::as_str),
        event.reason.map(EndReason::code),
        event.reasons.for_staff.as_deref(),
        event.reasons.for_user.as_deref(),
        event.address,
        event.user_agent,
        event.detail.as_deref(),
        event.times,
        event.bulk.map(PublicId::as_str),
        Named::key_of(event.actor, event.subject),
        event.address_key().as_str(),
        event.browser_key().as_str(),
    )?;
    Ok(id)
}

/// Finds an event.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_event(on: &mut dyn Sql, id: i64) -> Result<Option<EventRow>> {
    let sql = select_events!("curfew_events e WHERE e.id = $1");
    Ok(fetch_optional!(on, EventRow, sql, id)?)
}

/// When the newest event happened. `None` if there is no event.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_newest_event_time(on: &mut dyn Sql) -> Result<Option<Moment>> {
    let newest = "SELECT at FROM curfew_events ORDER BY at DESC, id DESC LIMIT 1";
    Ok(fetch_optional!(on, (Moment,), newest)?.map(|(at,)| at))
}

/// The latest events, newest first. A bulk action is one event: those of its users are left out.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_newest_events(on: &mut dyn Sql, limit: i64) -> Result<Vec<EventRow>> {
    // In the words of the partial index.
    let sql = select_events!(
        "curfew_events e WHERE (e.bulk_id IS NULL OR e.kind = 'bulk-action') ORDER BY e.at DESC, e.id DESC LIMIT $1"
    );
    Ok(fetch_all!(on, EventRow, sql, limit)?)
}

/// The latest events of one account, newest first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_newest_events_of(on: &mut dyn Sql, subject_id: i64, limit: i64) -> Result<Vec<EventRow>> {
    let sql = select_events!("curfew_events e WHERE e.subject_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT $2");
    Ok(fetch_all!(on, EventRow, sql, subject_id, limit)?)
}

/// Like [`list_newest_events_of`], without the attempts; see [`EventKind::is_attempt`].
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_newest_acts_of(on: &mut dyn Sql, subject_id: i64, limit: i64) -> Result<Vec<EventRow>> {
    let sql = select_events!(
        "curfew_events e WHERE e.subject_id = $1 AND e.kind NOT IN
            ('login-failed', 'throttled', 'refused', 'form-refused', 'cookie-forged', 'token-forged')
         ORDER BY e.at DESC, e.id DESC LIMIT $2"
    );
    Ok(fetch_all!(on, EventRow, sql, subject_id, limit)?)
}

/// Deletes at most `limit` events from `up_to` or earlier, oldest first, and returns how many. Waits for events that
/// another transaction has locked: they may be in the middle of being linked, and no event that is due may stay behind.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_events(on: &mut dyn Sql, up_to: Moment, limit: i64) -> Result<u64> {
    macro_rules! sql {
        ($end:literal) => {
            concat!(
                "WITH oldest AS (SELECT id FROM curfew_events WHERE at <= $1 ORDER BY at, id LIMIT $2",
                $end,
                ") DELETE FROM curfew_events WHERE id IN (SELECT id FROM oldest) RETURNING id"
            )
        };
    }
    let sql = match on.engine()? {
        Engine::Sqlite(_) => sql!(""),
        #[cfg(feature = "postgres")]
        Engine::Postgres(_) => sql!(" FOR UPDATE"),
    };
    let deleted: Vec<(i64,)> = fetch_all!(on, (i64,), sql, up_to, limit)?;
    let ids: Vec<i64> = deleted.into_iter().map(|(id,)| id).collect();
    delete_events_to_link(on, &ids).await?;
    Ok(ids.len() as u64)
}
