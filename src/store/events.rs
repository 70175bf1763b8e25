//! What happened: one row for each act.

use super::{
    Result, Sql,
    engine::{Engine, execute, fetch_all, fetch_one},
};
use crate::domain::{
    moment::Moment, reason::EndReason, reason_text::Reasons, session_secret::SessionId, text::comparison_key,
};

/// The kinds of events, each with the word that is stored and the words that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Somebody logged in.
    Login,
    /// Somebody tried to.
    LoginFailed,
    /// Somebody tried too often.
    Throttled,
    /// Somebody logged out.
    Logout,
    /// A session ended by itself.
    SessionEnded,
    /// Somebody made an account.
    Registered,
    /// The first superuser was made.
    SetUp,
    /// An account was made from the command line.
    UserCreated,
    /// The email was changed.
    ProfileChanged,
    /// The password was changed.
    PasswordChanged,
    /// The password was confirmed, for grave work.
    PasswordConfirmed,
    /// The role was changed.
    RoleChanged,
    /// Logins were ended by staff.
    ForceLogout,
    /// The same is planned.
    ForceLogoutScheduled,
    /// The plan was called off.
    ForceLogoutCancelled,
    /// What was planned came due.
    ForceLogoutDue,
    /// The account was deactivated.
    Deactivated,
    /// The account was activated.
    Activated,
    /// The account was deleted.
    Deleted,
    /// An act was refused.
    Refused,
}

impl EventKind {
    /// Every kind there is.
    pub const ALL: [Self; 20] = [
        Self::Login,
        Self::LoginFailed,
        Self::Throttled,
        Self::Logout,
        Self::SessionEnded,
        Self::Registered,
        Self::SetUp,
        Self::UserCreated,
        Self::ProfileChanged,
        Self::PasswordChanged,
        Self::PasswordConfirmed,
        Self::RoleChanged,
        Self::ForceLogout,
        Self::ForceLogoutScheduled,
        Self::ForceLogoutCancelled,
        Self::ForceLogoutDue,
        Self::Deactivated,
        Self::Activated,
        Self::Deleted,
        Self::Refused,
    ];

    /// The stored word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginFailed => "login-failed",
            Self::Throttled => "throttled",
            Self::Logout => "logout",
            Self::SessionEnded => "session-ended",
            Self::Registered => "registered",
            Self::SetUp => "set-up",
            Self::UserCreated => "user-created",
            Self::ProfileChanged => "profile-changed",
            Self::PasswordChanged => "password-changed",
            Self::PasswordConfirmed => "password-confirmed",
            Self::RoleChanged => "role-changed",
            Self::ForceLogout => "force-logout",
            Self::ForceLogoutScheduled => "force-logout-scheduled",
            Self::ForceLogoutCancelled => "force-logout-cancelled",
            Self::ForceLogoutDue => "force-logout-due",
            Self::Deactivated => "deactivated",
            Self::Activated => "activated",
            Self::Deleted => "deleted",
            Self::Refused => "refused",
        }
    }

    /// The words that staff read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Login => "Logged in",
            Self::LoginFailed => "Failed to log in",
            Self::Throttled => "Tried too often",
            Self::Logout => "Logged out",
            Self::SessionEnded => "Session ended",
            Self::Registered => "Registered",
            Self::SetUp => "Set up the site",
            Self::UserCreated => "Account created",
            Self::ProfileChanged => "Email changed",
            Self::PasswordChanged => "Password changed",
            Self::PasswordConfirmed => "Password confirmed",
            Self::RoleChanged => "Role changed",
            Self::ForceLogout => "Force logout",
            Self::ForceLogoutScheduled => "Force logout scheduled",
            Self::ForceLogoutCancelled => "Scheduled force logout called off",
            Self::ForceLogoutDue => "Scheduled force logout came due",
            Self::Deactivated => "Deactivated",
            Self::Activated => "Activated",
            Self::Deleted => "Account deleted",
            Self::Refused => "Refused",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The words for a stored kind; one of a later version shows as it is.
    #[must_use]
    pub fn label_of(code: &str) -> &str {
        Self::of_code(code).map_or(code, |kind| kind.label())
    }
}

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
#[derive(Debug, Clone, sqlx::FromRow)]
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

/// `select_events!("events e …")`: [`EventRow`]s. Each column has its name there, as in `select_users`.
macro_rules! select_events {
    ($from:literal) => {
        concat!(
            "SELECT e.id, e.at, e.kind, e.actor, e.subject, e.subject_id, e.reason, e.staff_reason, e.user_reason,
                    e.address, e.user_agent, e.detail, (SELECT id FROM users WHERE id = e.actor_id) AS actor_account,
                    (SELECT id FROM users WHERE id = e.subject_id) AS subject_account
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
        INSERT INTO events (at, kind, actor_id, actor, subject_id, subject, session_id, reason,
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
    let sql = select_events!("events e ORDER BY e.at DESC, e.id DESC LIMIT $1");
    Ok(fetch_all!(on, EventRow, sql, limit)?)
}

/// The newest events of one account, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_newest_events_of(on: &mut impl Sql, subject_id: i64, limit: i64) -> Result<Vec<EventRow>> {
    let sql = select_events!("events e WHERE e.subject_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT $2");
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
                "WITH oldest AS (SELECT id FROM events WHERE at <= $1 ORDER BY at, id LIMIT $2",
                $end,
                ") DELETE FROM events WHERE id IN (SELECT id FROM oldest)"
            )
        };
    }
    let sql = match on.engine() {
        Engine::Sqlite(_) => sql!(""),
        Engine::Postgres(_) => sql!(" FOR UPDATE SKIP LOCKED"),
    };
    Ok(execute!(on, sql, up_to, limit)?)
}
