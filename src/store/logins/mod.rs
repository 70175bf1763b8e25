//! Logins: whatever a browser or a program is logged in by, and how each ended.

pub mod by_hour;
pub mod dated_ahead;
pub mod ends;
pub mod last_seen;
mod live;
pub mod live_samples;
pub mod token_keys;
mod tokens;
pub mod upkeep;

pub use live::{Chosen, count_live_logins, end_live_logins, list_live_by_last_seen, list_live_logins};
pub(super) use live::{push_is_live_by_role, push_is_of_class};
pub use tokens::{TokenKey, find_token_key, set_rotated};

use super::{
    Result, Sql, StoreError,
    engine::{execute, fetch_all, fetch_optional, from_row::from_row},
    standing::ended,
};
use crate::domain::{
    logins::{
        kind::LoginKind,
        live::Dates,
        rotations::Rotations,
        session_secret::{SecretHash, SessionId},
    },
    moment::Moment,
    reason::EndReason,
    reason_text::Reasons,
};

/// A login that was just made.
#[derive(Debug)]
pub struct NewLogin<'a> {
    /// Its public name.
    pub id: &'a SessionId,
    /// The account that it logs in.
    pub user_id: i64,
    /// What it is proven by.
    pub kind: LoginKind,
    /// The hash of its secret; a family of JWT has none.
    pub secret_hash: Option<&'a SecretHash>,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// What its person calls a token.
    pub label: Option<&'a str>,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was made, by the clock.
    pub opened_at: Moment,
    /// When a token expires.
    pub expires_at: Option<Moment>,
    /// The address that it was made from.
    pub address: &'a str,
    /// The browser or program that it was made with.
    pub user_agent: &'a str,
}

/// How logins are ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: &'a str,
    /// Why, as a code.
    pub reason: EndReason,
    /// Why, in words.
    pub reasons: &'a Reasons,
}

/// A login as it is stored.
#[derive(Debug, Clone)]
pub struct LoginRow {
    /// Its public name.
    pub id: String,
    /// The account that it logs in.
    pub user_id: i64,
    kind: String,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    label: Option<String>,
    /// `LAST_LOGIN_DATE`: it may be ahead of the clock.
    pub login_date: Moment,
    /// When it was made, by the clock.
    pub opened_at: Moment,
    /// Its latest request, within a minute; none of a token that was never used.
    pub last_seen: Option<Moment>,
    /// When a token expires.
    pub expires_at: Option<Moment>,
    /// How many times the refresh token of a family was exchanged.
    pub generation: i64,
    rotated_at: Option<Moment>,
    rotations: Option<String>,
    /// The address that it was made from.
    pub address: String,
    /// The browser or program that it was made with.
    pub user_agent: String,
    /// When it was ended by itself.
    pub ended_at: Option<Moment>,
    /// By whom.
    pub ended_by: Option<String>,
    reason: Option<String>,
    /// Why, for staff.
    pub staff_reason: Option<String>,
    /// Why, for the user.
    pub user_reason: Option<String>,
}

from_row!(LoginRow {
    id,
    user_id,
    kind,
    remember,
    label,
    login_date,
    opened_at,
    last_seen,
    expires_at,
    generation,
    rotated_at,
    rotations,
    address,
    user_agent,
    ended_at,
    ended_by,
    reason,
    staff_reason,
    user_reason
});

impl LoginRow {
    /// Its public name.
    #[must_use]
    pub fn id(&self) -> SessionId {
        SessionId::from_stored(self.id.clone())
    }

    /// What it is proven by.
    ///
    /// # Errors
    /// When the stored word is no kind.
    pub fn kind(&self) -> Result<LoginKind> {
        parse_kind(&self.kind)
    }

    /// What its person calls a token.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }

    /// Why it ended by itself, if it did.
    ///
    /// # Errors
    /// When the stored word is no reason.
    pub fn ended(&self) -> Result<Option<EndReason>> {
        ended(self.ended_at, self.reason.as_deref())
    }

    /// What decides whether it is live, unless it was ended by itself.
    ///
    /// # Errors
    /// When the stored word is no kind.
    pub fn dates(&self) -> Result<Dates> {
        let Self { login_date, opened_at, last_seen, expires_at, .. } = *self;
        Ok(Dates { kind: self.kind()?, login_date, opened_at, last_seen, expires_at })
    }

    /// When a token expires; when it was made, if that is not stored.
    #[must_use]
    pub fn expiry(&self) -> Moment {
        self.expires_at.unwrap_or(self.opened_at)
    }

    /// Since when the newest tokens of a family are good.
    #[must_use]
    pub fn rotated_at(&self) -> Moment {
        self.rotated_at.unwrap_or(self.opened_at)
    }

    /// When the latest refresh tokens of a family were spent.
    #[must_use]
    pub fn rotations(&self) -> Rotations {
        Rotations::parse(self.rotations.as_deref().unwrap_or_default())
    }
}

pub(super) fn parse_kind(code: &str) -> Result<LoginKind> {
    LoginKind::of_code(code).ok_or_else(|| StoreError::Unreadable(format!("{code:?} is no kind of login")))
}

/// Stores a new login.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_login(on: &mut impl Sql, new: &NewLogin<'_>) -> Result<()> {
    let sql = "
        INSERT INTO curfew_logins (id, user_id, kind, secret_hash, remember, label, login_date, opened_at, last_seen, expires_at,
                            generation, address, user_agent)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12)";
    // A browser makes a request with its login; a token may never be used.
    let last_seen = (new.kind == LoginKind::Browser).then_some(new.opened_at);
    execute!(
        on,
        sql,
        new.id.as_str(),
        new.user_id,
        new.kind.code(),
        new.secret_hash.map(SecretHash::as_bytes),
        new.remember,
        new.label,
        new.login_date,
        new.opened_at,
        last_seen,
        new.expires_at,
        new.address,
        new.user_agent,
    )?;
    Ok(())
}

/// Ends one login, unless it was ended before; says whether it did.
///
/// # Errors
/// When the database does not answer.
pub async fn end_login(on: &mut impl Sql, id: &SessionId, ending: Ending<'_>) -> Result<bool> {
    let sql = "
        UPDATE curfew_logins SET ended_at = $1, ended_by = $2, reason = $3, staff_reason = $4, user_reason = $5
        WHERE ended_at IS NULL AND id = $6";
    let Ending { at, by, reason, reasons } = ending;
    let (staff, user) = (reasons.for_staff.as_deref(), reasons.for_user.as_deref());
    Ok(execute!(on, sql, at, by, reason.code(), staff, user, id.as_str())? > 0)
}

/// The columns of a [`LoginRow`], of the table `l`.
macro_rules! columns {
    () => {
        "l.id, l.user_id, l.kind, l.remember, l.label, l.login_date, l.opened_at, l.last_seen, l.expires_at, \
         l.generation, l.rotated_at, l.rotations, l.address, l.user_agent, l.ended_at, l.ended_by, l.reason, \
         l.staff_reason, l.user_reason"
    };
}

/// The columns of a [`LoginRow`], of the table `l`.
pub(super) const COLUMNS: &str = columns!();

/// A login, by its public name.
///
/// # Errors
/// When the database does not answer.
pub async fn find_login(on: &mut impl Sql, id: &SessionId) -> Result<Option<LoginRow>> {
    let sql = concat!("SELECT ", columns!(), " FROM curfew_logins l WHERE l.id = $1");
    Ok(fetch_optional!(on, LoginRow, sql, id.as_str())?)
}

/// The account's latest sessions, newest first, ended ones included.
///
/// # Errors
/// When the database does not answer.
pub async fn list_sessions(on: &mut impl Sql, user_id: i64, limit: i64) -> Result<Vec<LoginRow>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM curfew_logins l WHERE l.user_id = $1 AND l.kind = 'browser'
          ORDER BY l.login_date DESC, l.opened_at DESC, l.id LIMIT $2"
    );
    Ok(fetch_all!(on, LoginRow, sql, user_id, limit)?)
}
