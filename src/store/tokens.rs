//! Tokens: each login of a program, and how it ended.

use super::{
    Result, Sql, StoreError,
    engine::{execute, fetch_all, fetch_one, fetch_optional},
    from_row::from_row,
    sessions::Ending,
    standing::ended,
};
use crate::domain::{
    moment::Moment,
    reason::EndReason,
    rotations::Rotations,
    session_secret::{SecretHash, SessionId},
    token::TokenKind,
};

/// A login of a program that has just been made.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Its public name.
    pub id: &'a SessionId,
    /// Whose it is.
    pub user_id: i64,
    /// How it is shown.
    pub kind: TokenKind,
    /// The hash of what opens it; a family has none.
    pub secret_hash: Option<&'a SecretHash>,
    /// What it is called.
    pub label: &'a str,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was made, by the clock: `LAST_LOGIN_DATE` lies ahead of that where a clock stepped back.
    pub opened_at: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// From where it was made.
    pub address: &'a str,
    /// With what.
    pub user_agent: &'a str,
}

/// A token as it is kept.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its public name.
    pub id: String,
    /// Whose it is.
    pub user_id: i64,
    kind: String,
    /// What it is called.
    pub label: String,
    /// `LAST_LOGIN_DATE`: it may lie ahead of the clock.
    pub login_date: Moment,
    /// When it was made, by the clock.
    pub opened_at: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// Its latest request, within a minute; none is never.
    pub last_seen: Option<Moment>,
    /// How often the refresh token of a family was exchanged.
    pub generation: i64,
    /// When that was last, or the family was made.
    pub rotated_at: Moment,
    rotations: String,
    /// From where it was made.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// When it was ended by itself.
    pub ended_at: Option<Moment>,
    reason: Option<String>,
}

from_row!(TokenRow {
    id,
    user_id,
    kind,
    label,
    login_date,
    opened_at,
    expires_at,
    last_seen,
    generation,
    rotated_at,
    rotations,
    address,
    user_agent,
    ended_at,
    reason
});

impl TokenRow {
    /// Why it ended by itself, if it did.
    ///
    /// # Errors
    /// When the word in the row is no reason.
    pub fn ended(&self) -> Result<Option<EndReason>> {
        ended(self.ended_at, self.reason.as_deref())
    }

    /// When its latest refresh tokens were spent.
    #[must_use]
    pub fn rotations(&self) -> Rotations {
        Rotations::parse(&self.rotations)
    }

    /// How it is shown.
    ///
    /// # Errors
    /// When the word in the row is no kind.
    pub fn kind(&self) -> Result<TokenKind> {
        parse_kind(&self.kind)
    }
}

pub(super) fn parse_kind(code: &str) -> Result<TokenKind> {
    TokenKind::of_code(code).ok_or_else(|| StoreError::Unreadable(format!("{code:?} is no kind of token")))
}

/// The moments that a token must lie after to be live: the rule's limits, turned around.
#[derive(Debug, Clone, Copy)]
pub struct LiveTokens {
    /// Its `LAST_LOGIN_DATE` must be later.
    pub login: Moment,
    /// It must have been opened later, by the clock.
    pub opened: Moment,
    /// Its own end must be later.
    pub expiry: Moment,
}

/// Keeps a new token.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_token(on: &mut impl Sql, new: &NewToken<'_>) -> Result<()> {
    let sql = "
        INSERT INTO tokens (id, user_id, kind, secret_hash, label, login_date, opened_at, expires_at, generation,
                            rotated_at, address, user_agent)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $7, $9, $10)";
    execute!(
        on,
        sql,
        new.id.as_str(),
        new.user_id,
        new.kind.code(),
        new.secret_hash.map(SecretHash::as_bytes),
        new.label,
        new.login_date,
        new.opened_at,
        new.expires_at,
        new.address,
        new.user_agent,
    )?;
    Ok(())
}

/// What an opaque token is the key to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// Whose it is.
    pub user_id: i64,
    /// Its public name.
    pub id: SessionId,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
}

/// What the opaque token of that secret is the key to; one that has ended too.
///
/// # Errors
/// When the database does not answer.
pub async fn find_token_key(on: &mut impl Sql, hash: &SecretHash) -> Result<Option<TokenKey>> {
    type Found = (i64, String, Moment, Moment);
    let sql = "SELECT user_id, id, login_date, expires_at FROM tokens WHERE secret_hash = $1 AND kind = 'opaque'";
    let found: Option<Found> = fetch_optional!(on, Found, sql, hash.as_bytes())?;
    let key = |(user_id, id, login_date, expires_at)| TokenKey {
        user_id,
        id: SessionId::from_stored(id),
        login_date,
        expires_at,
    };
    Ok(found.map(key))
}

/// Reads [`TokenRow`]s for which that holds.
macro_rules! tokens_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, kind, label, login_date, opened_at, expires_at, last_seen, generation, rotated_at,
                    rotations, address, user_agent, ended_at, reason
             FROM tokens WHERE ",
            $rest
        )
    };
}

/// A token, by its public name.
///
/// # Errors
/// When the database does not answer.
pub async fn find_token(on: &mut impl Sql, id: &SessionId) -> Result<Option<TokenRow>> {
    Ok(fetch_optional!(on, TokenRow, tokens_where!("id = $1"), id.as_str())?)
}

/// At most `limit` live tokens of the account, the longest unused first, and the oldest of those unused for equally long.
///
/// # Errors
/// When the database does not answer.
pub async fn list_live_tokens(on: &mut impl Sql, user_id: i64, live: LiveTokens, limit: i64) -> Result<Vec<TokenRow>> {
    let sql = tokens_where!(
        "user_id = $1 AND ended_at IS NULL AND login_date > $2 AND opened_at > $3 AND expires_at > $4
         ORDER BY COALESCE(last_seen, opened_at), login_date, id LIMIT $5"
    );
    Ok(fetch_all!(on, TokenRow, sql, user_id, live.login, live.opened, live.expiry, limit)?)
}

/// How many live tokens of the account were made at `up_to` or before.
///
/// # Errors
/// When the database does not answer.
pub async fn count_live_tokens(on: &mut impl Sql, user_id: i64, up_to: Moment, live: LiveTokens) -> Result<i64> {
    let sql = "
        SELECT COUNT(*) FROM tokens
        WHERE user_id = $1 AND ended_at IS NULL AND login_date <= $2 AND login_date > $3 AND opened_at > $4
          AND expires_at > $5";
    let (count,): (i64,) = fetch_one!(on, (i64,), sql, user_id, up_to, live.login, live.opened, live.expiry)?;
    Ok(count)
}

/// How many live tokens there are that were made at `up_to` or before, whosever they are; no more than
/// `limit` are counted.
///
/// # Errors
/// When the database does not answer.
pub async fn count_some_live_tokens(on: &mut impl Sql, up_to: Moment, live: LiveTokens, limit: i64) -> Result<i64> {
    let sql = "
        SELECT COUNT(*) FROM (
            SELECT 1 FROM tokens t JOIN users u ON u.id = t.user_id
            WHERE t.ended_at IS NULL AND t.expires_at > $1 AND t.login_date > $2 AND t.login_date <= $3
              AND t.opened_at > $4
              AND (u.force_logout_date IS NULL OR t.login_date > u.force_logout_date)
              AND (u.is_active OR u.deactivated_until <= $1)
            LIMIT $5) AS found";
    let (count,): (i64,) = fetch_one!(on, (i64,), sql, live.expiry, live.login, up_to, live.opened, limit)?;
    Ok(count)
}

/// Ends the tokens for which that holds and that have not ended yet; how many. The first five values
/// are those of the ending.
macro_rules! end_where {
    ($on:expr, $ending:expr, $conditions:literal $(, $value:expr)* $(,)?) => {{
        let Ending { at, by, reason, reasons } = $ending;
        let sql = concat!(
            "UPDATE tokens SET ended_at = $1, ended_by = $2, reason = $3, staff_reason = $4, user_reason = $5
             WHERE ended_at IS NULL AND ",
            $conditions
        );
        let (staff, user) = (reasons.for_staff.as_deref(), reasons.for_user.as_deref());
        execute!($on, sql, at, by, reason.code(), staff, user $(, $value)*)
    }};
}

/// Ends one token, if it has not ended yet; says whether it did.
///
/// # Errors
/// When the database does not answer.
pub async fn end_token(on: &mut impl Sql, id: &SessionId, ending: Ending<'_>) -> Result<bool> {
    Ok(end_where!(on, ending, "id = $6", id.as_str())? > 0)
}

/// Ends the account's live tokens that were made at `up_to` or before; returns how many. Those that are
/// past their own end are out already, for that reason, and are left alone.
///
/// # Errors
/// When the database does not answer.
pub async fn end_tokens(
    on: &mut impl Sql,
    user_id: i64,
    up_to: Moment,
    live: LiveTokens,
    ending: Ending<'_>,
) -> Result<u64> {
    Ok(end_where!(
        on,
        ending,
        "user_id = $6 AND login_date > $7 AND opened_at > $8 AND expires_at > $9 AND login_date <= $10",
        user_id,
        live.login,
        live.opened,
        live.expiry,
        up_to
    )?)
}

/// Ends the account's live families; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn end_families(on: &mut impl Sql, user_id: i64, live: LiveTokens, ending: Ending<'_>) -> Result<u64> {
    Ok(end_where!(
        on,
        ending,
        "user_id = $6 AND login_date > $7 AND opened_at > $8 AND expires_at > $9 AND kind = 'jwt'",
        user_id,
        live.login,
        live.opened,
        live.expiry
    )?)
}

/// Notes that the refresh token of a family was exchanged for the next.
///
/// # Errors
/// When the database does not answer.
pub async fn rotate_token(
    on: &mut impl Sql,
    id: &SessionId,
    at: Moment,
    rotations: &Rotations,
    expires_at: Moment,
) -> Result<()> {
    let sql = "
        UPDATE tokens SET generation = generation + 1, rotated_at = $2, rotations = $3, expires_at = $4 WHERE id = $1";
    execute!(on, sql, id.as_str(), at, rotations.to_text(), expires_at)?;
    Ok(())
}
