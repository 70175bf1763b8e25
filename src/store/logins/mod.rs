//! Logins: sessions of browsers and tokens of programs, and how each ended.

pub mod by_hour;
pub mod derive_traits;
pub mod ends;
pub mod last_seen;
mod live;
pub mod live_samples;
pub mod login_dates_ahead;
pub(super) mod stored;
mod tokens;
pub mod upkeep;

pub use live::{count_live_logins, end_live_logins, list_live_by_last_seen, list_live_sessions, list_live_tokens};
pub(super) use live::{ending_statement, push_is_live_by_role, push_is_of_class};
pub use tokens::{TokenKey, find_token_key, has_token_of_program, set_rotated};

use self::stored::{ended, parse_kind};
use super::{
    Result, Sql,
    engine::{execute, fetch_all, fetch_optional, from_row::from_row},
};
use crate::domain::{
    logins::{
        kind::LoginKind, live::Dates, public_id::PublicId, rotations::Rotations, session_secret::SecretHash,
        traits::LoginTraits,
    },
    moment::Moment,
    reason::EndReason,
    reason_text::Reasons,
};

/// A new login.
#[derive(Debug)]
pub struct NewLogin<'a> {
    /// The public id, not the secret.
    pub id: &'a PublicId,
    /// The account that the login belongs to.
    pub user_id: i64,
    /// How the login is proven.
    pub kind: LoginKind,
    /// The hash of the secret; a JWT family has none.
    pub secret_hash: Option<&'a SecretHash>,
    /// Whether the cookie is kept after the browser is closed.
    pub remember: bool,
    /// The user's label for a token.
    pub label: Option<&'a str>,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// When the login was opened, by the site's clock.
    pub opened_at: Moment,
    /// When a token expires.
    pub expires_at: Option<Moment>,
    /// The IP address that the user logged in from.
    pub address: &'a str,
    /// The `User-Agent` that the user logged in with.
    pub user_agent: &'a str,
}

/// How logins are ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The time of the end.
    pub at: Moment,
    /// Who ends the logins.
    pub by: &'a str,
    /// The reason code.
    pub reason: EndReason,
    /// The reasons in words, for staff and for the user.
    pub reasons: &'a Reasons,
}

/// A row of `curfew_logins`.
#[derive(Debug, Clone)]
pub struct LoginRow {
    /// The public id, not the secret.
    pub id: String,
    /// The account that the login belongs to.
    pub user_id: i64,
    kind: String,
    /// Whether the cookie is kept after the browser is closed.
    pub remember: bool,
    label: Option<String>,
    /// The login's `LAST_LOGIN_DATE`. It may be ahead of the clock.
    pub login_date: Moment,
    /// When the login was opened, by the site's clock.
    pub opened_at: Moment,
    /// The time of the latest request, accurate to a minute; `None` for a token that was never used.
    pub last_seen: Option<Moment>,
    /// When a token expires.
    pub expires_at: Option<Moment>,
    /// How many times the refresh token of a JWT family was exchanged.
    pub generation: i64,
    rotated_at: Option<Moment>,
    rotations: Option<String>,
    /// The IP address that the user logged in from.
    pub address: String,
    /// The `User-Agent` that the user logged in with.
    pub user_agent: String,
    /// When this login was ended individually, rather than by a date of its account or the site.
    pub ended_at: Option<Moment>,
    /// Who ended it.
    pub ended_by: Option<String>,
    reason: Option<String>,
    /// The reason for staff.
    pub staff_reason: Option<String>,
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
    staff_reason
});

impl LoginRow {
    /// The public id, not the secret.
    #[must_use]
    pub fn id(&self) -> PublicId {
        PublicId::from_stored(self.id.clone())
    }

    /// How the login is proven.
    ///
    /// # Errors
    /// Returns an error if the stored code is unknown.
    pub fn kind(&self) -> Result<LoginKind> {
        parse_kind(&self.kind)
    }

    /// The user's label for a token.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }

    /// Why this login was ended individually, if it was.
    ///
    /// # Errors
    /// Returns an error if the stored code is unknown.
    pub fn ended(&self) -> Result<Option<EndReason>> {
        ended(self.ended_at, self.reason.as_deref())
    }

    /// The dates that decide whether the login is live, unless it was ended individually.
    ///
    /// # Errors
    /// Returns an error if the stored kind is unknown.
    pub fn dates(&self) -> Result<Dates> {
        let Self { login_date, opened_at, last_seen, expires_at, .. } = *self;
        Ok(Dates { kind: self.kind()?, login_date, opened_at, last_seen, expires_at })
    }

    /// When a token expires; without a stored expiry, when it was opened.
    #[must_use]
    pub fn expiry(&self) -> Moment {
        self.expires_at.unwrap_or(self.opened_at)
    }

    /// When the newest tokens of a JWT family were issued.
    #[must_use]
    pub fn rotated_at(&self) -> Moment {
        self.rotated_at.unwrap_or(self.opened_at)
    }

    /// When the latest refresh tokens of a JWT family were spent.
    #[must_use]
    pub fn rotations(&self) -> Rotations {
        Rotations::parse(self.rotations.as_deref().unwrap_or_default())
    }
}

/// Stores a new login.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_login(on: &mut dyn Sql, new: &NewLogin<'_>) -> Result<()> {
    let sql = "
        INSERT INTO curfew_logins (id, user_id, kind, secret_hash, remember, label, login_date, opened_at, last_seen, expires_at,
                            generation, address, user_agent, username_key, address_key, browser, system)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12,
                COALESCE((SELECT username_key FROM curfew_users WHERE id = $2), ''), $13, $14, $15)";
    // A browser uses its login in the very next request. A token may stay unused.
    let last_seen = (new.kind == LoginKind::Browser).then_some(new.opened_at);
    let traits = LoginTraits::of(new.address, new.user_agent);
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
        traits.address.as_str(),
        traits.browser.as_str(),
        traits.system.as_str(),
    )?;
    Ok(())
}

/// Ends one login that has not been ended yet. Returns whether it did.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn end_login(on: &mut dyn Sql, id: &PublicId, ending: Ending<'_>) -> Result<bool> {
    let sql = "
        UPDATE curfew_logins SET ended_at = $1, ended_by = $2, reason = $3, staff_reason = $4, user_reason = $5
        WHERE ended_at IS NULL AND id = $6";
    let Ending { at, by, reason, reasons } = ending;
    let (staff, user) = (reasons.for_staff.as_deref(), reasons.for_user.as_deref());
    Ok(execute!(on, sql, at, by, reason.code(), staff, user, id.as_str())? > 0)
}

/// The columns of a [`LoginRow`], from the table alias `l`.
macro_rules! columns {
    () => {
        "l.id, l.user_id, l.kind, l.remember, l.label, l.login_date, l.opened_at, l.last_seen, l.expires_at, \
         l.generation, l.rotated_at, l.rotations, l.address, l.user_agent, l.ended_at, l.ended_by, l.reason, \
         l.staff_reason"
    };
}

/// The columns of a [`LoginRow`], for statements that are built at run time.
pub(super) const COLUMNS: &str = columns!();

/// Finds a login by its public id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_login(on: &mut dyn Sql, id: &PublicId) -> Result<Option<LoginRow>> {
    let sql = concat!("SELECT ", columns!(), " FROM curfew_logins l WHERE l.id = $1");
    Ok(fetch_optional!(on, LoginRow, sql, id.as_str())?)
}

/// Lists sessions of the account, newest first, including ended ones. `range` is a limit and an offset.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_sessions(on: &mut dyn Sql, user_id: i64, range: (i64, i64)) -> Result<Vec<LoginRow>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM curfew_logins l WHERE l.user_id = $1 AND l.kind = 'browser'
          ORDER BY l.login_date DESC, l.opened_at DESC, l.id LIMIT $2 OFFSET $3"
    );
    Ok(fetch_all!(on, LoginRow, sql, user_id, range.0, range.1)?)
}
