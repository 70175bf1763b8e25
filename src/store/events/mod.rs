//! What happened: one row for each act.

pub mod index;
mod kind;

use super::{
    Result, Sql,
    engine::{Engine, execute, fetch_all, fetch_one, from_row::from_row},
};
use crate::domain::{
    logins::session_secret::SessionId, moment::Moment, people::text::comparison_key, reason::EndReason,
    reason_text::Reasons,
};
pub use kind::EventKind;

/// An account as an event names it: the number may be gone later, the name stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    /// Its number, when it is an account's.
    pub id: Option<i64>,
    /// Its name, as typed where it is nobody's.
    pub name: &'a str,
}

impl Named<'_> {
    /// What a search compares of whoever acts and whom it is on: a line each, one where they are the
    /// same.
    pub(super) fn key_of(actor: Option<Self>, subject: Option<Self>) -> String {
        let [actor, subject] = [actor, subject].map(|named| named.map(|named| comparison_key(named.name)));
        let subject = subject.filter(|subject| actor.as_ref() != Some(subject));
        [actor, subject].into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

/// An act to be noted.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// When.
    pub at: Moment,
    /// What.
    pub kind: EventKind,
    /// Who did it; none is the site itself.
    pub actor: Option<Named<'a>>,
    /// To whom.
    pub subject: Option<Named<'a>>,
    /// With or to which session.
    pub session: Option<&'a SessionId>,
    /// Why sessions ended by it.
    pub reason: Option<EndReason>,
    /// Why, in words.
    pub reasons: Reasons,
    /// From where.
    pub address: Option<&'a str>,
    /// With what.
    pub user_agent: Option<&'a str>,
    /// What else there is to say: counts, the old value. Never a secret.
    pub detail: Option<String>,
}

/// An event as it is kept.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// What; see [`EventKind::code`].
    pub kind: String,
    /// Who did it.
    pub actor: Option<String>,
    /// Their account, while there is one.
    pub actor_account: Option<i64>,
    /// To whom.
    pub subject: Option<String>,
    /// Their number.
    pub subject_id: Option<i64>,
    /// Their account, while there is one.
    pub subject_account: Option<i64>,
    /// Why sessions ended by it.
    pub reason: Option<String>,
    /// Why, for staff.
    pub staff_reason: Option<String>,
    /// Why, for the user.
    pub user_reason: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// What else there is to say.
    pub detail: Option<String>,
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
    reason,
    staff_reason,
    user_reason,
    address,
    user_agent,
    detail
});

/// `select_events!("curfew_events e …")`: [`EventRow`]s. Each column has its name there, as in `select_users`.
macro_rules! select_events {
    ($from:literal) => {
        concat!(
            "SELECT e.id, e.at, e.kind, e.actor, e.subject, e.subject_id, e.reason, e.staff_reason, e.user_reason,
                    e.address, e.user_agent, e.detail, (SELECT id FROM curfew_users WHERE id = e.actor_id) AS actor_account,
                    (SELECT id FROM curfew_users WHERE id = e.subject_id) AS subject_account
             FROM ",
            $from
        )
    };
}

pub(super) use select_events;

/// Notes an act, in the transaction of the act itself; returns the event's number.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_event(on: &mut impl Sql, event: &NewEvent<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO curfew_events (at, kind, actor_id, actor, subject_id, subject, session_id, reason,
                            staff_reason, user_reason, address, user_agent, detail, names_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
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
        event.session.map(SessionId::as_str),
        event.reason.map(EndReason::code),
        event.reasons.for_staff.as_deref(),
        event.reasons.for_user.as_deref(),
        event.address,
        event.user_agent,
        event.detail.as_deref(),
        Named::key_of(event.actor, event.subject),
    )?;
    Ok(id)
}

/// The newest events, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_newest_events(on: &mut impl Sql, limit: i64) -> Result<Vec<EventRow>> {
    let sql = select_events!("curfew_events e ORDER BY e.at DESC, e.id DESC LIMIT $1");
    Ok(fetch_all!(on, EventRow, sql, limit)?)
}

/// The newest events of one account, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_newest_events_of(on: &mut impl Sql, subject_id: i64, limit: i64) -> Result<Vec<EventRow>> {
    let sql = select_events!("curfew_events e WHERE e.subject_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT $2");
    Ok(fetch_all!(on, EventRow, sql, subject_id, limit)?)
}

/// Deletes at most so many events that happened at that moment or before, the oldest first; says how
/// many. On Postgres those that somebody else is deleting are left to them.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_events(on: &mut impl Sql, up_to: Moment, limit: i64) -> Result<u64> {
    macro_rules! sql {
        ($end:literal) => {
            concat!(
                "WITH oldest AS (SELECT id FROM curfew_events WHERE at <= $1 ORDER BY at, id LIMIT $2",
                $end,
                ") DELETE FROM curfew_events WHERE id IN (SELECT id FROM oldest)"
            )
        };
    }
    let sql = match on.engine() {
        Engine::Sqlite(_) => sql!(""),
        Engine::Postgres(_) => sql!(" FOR UPDATE SKIP LOCKED"),
    };
    Ok(execute!(on, sql, up_to, limit)?)
}
