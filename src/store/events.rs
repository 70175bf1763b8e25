//! What happened: one row for each act.

use super::{
    Result, Sql,
    engine::{fetch_all, fetch_one},
};
use crate::domain::{moment::Moment, reason::EndReason, reason_text::Reasons, session_secret::SessionId};

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
    pub const ALL: [Self; 19] = [
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

    /// The words for a stored kind; one of a later version shows as it is.
    #[must_use]
    pub fn label_of(code: &str) -> &str {
        Self::ALL.iter().find(|kind| kind.code() == code).map_or(code, |kind| kind.label())
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
    /// When.
    pub at: Moment,
    /// What; see [`EventKind::code`].
    pub kind: String,
    /// Who did it.
    pub actor: Option<String>,
    /// To whom.
    pub subject: Option<String>,
    /// Their number.
    pub subject_id: Option<i64>,
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

/// Notes an act, in the transaction of the act itself; returns the event's number.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_event(on: &mut impl Sql, event: &NewEvent<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO events (at, kind, actor_id, actor, subject_id, subject, session_id, reason,
                            staff_reason, user_reason, address, user_agent, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
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
    )?;
    Ok(id)
}

/// The newest events, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_newest_events(on: &mut impl Sql, limit: i64) -> Result<Vec<EventRow>> {
    let sql = "
        SELECT at, kind, actor, subject, subject_id, reason, staff_reason, user_reason, address, user_agent, detail
        FROM events ORDER BY at DESC, id DESC LIMIT $1";
    Ok(fetch_all!(on, EventRow, sql, limit)?)
}

/// The newest events of one account, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_newest_events_of(on: &mut impl Sql, subject_id: i64, limit: i64) -> Result<Vec<EventRow>> {
    let sql = "
        SELECT at, kind, actor, subject, subject_id, reason, staff_reason, user_reason, address, user_agent, detail
        FROM events WHERE subject_id = $1 ORDER BY id DESC LIMIT $2";
    Ok(fetch_all!(on, EventRow, sql, subject_id, limit)?)
}
