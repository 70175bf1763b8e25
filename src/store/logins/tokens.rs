//! What only tokens have: lookup by secret, and the rotation of refresh tokens.

use crate::{
    domain::{
        logins::{public_id::PublicId, rotations::Rotations, session_secret::SecretHash},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{execute, fetch_optional},
    },
};

/// The opaque token that a secret belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// The account that the token logs in.
    pub user_id: i64,
    /// The token's public id.
    pub id: PublicId,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// When the token expires.
    pub expires_at: Moment,
}

/// Finds the opaque token with this secret, even if the token has ended.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_token_key(on: &mut dyn Sql, hash: &SecretHash) -> Result<Option<TokenKey>> {
    type Found = (i64, String, Moment, Moment);
    let sql = "
        SELECT user_id, id, login_date, expires_at FROM curfew_logins
        WHERE secret_hash = $1 AND kind = 'opaque' AND expires_at IS NOT NULL";
    let found: Option<Found> = fetch_optional!(on, Found, sql, hash.as_bytes())?;
    let key = |(user_id, id, login_date, expires_at)| TokenKey {
        user_id,
        id: PublicId::from_stored(id),
        login_date,
        expires_at,
    };
    Ok(found.map(key))
}

/// Records that the refresh token of a JWT family was exchanged for the next one.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_rotated(
    on: &mut dyn Sql,
    id: &PublicId,
    at: Moment,
    rotations: &Rotations,
    expires_at: Moment,
) -> Result<()> {
    let sql = "
        UPDATE curfew_logins SET generation = generation + 1, rotated_at = $2, rotations = $3, expires_at = $4 WHERE id = $1";
    execute!(on, sql, id.as_str(), at, rotations.to_text(), expires_at)?;
    Ok(())
}

/// Whether the account has another login of a program with this user agent, among its latest thousand.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_token_of_program(
    on: &mut dyn Sql,
    (user_id, since): (i64, Option<Moment>),
    user_agent: &str,
    other_than: &PublicId,
) -> Result<bool> {
    let sql = "
        SELECT id FROM (
            SELECT id, kind, user_agent, opened_at FROM curfew_logins
            WHERE user_id = $1 ORDER BY login_date DESC LIMIT 1000
        ) latest WHERE kind <> 'browser' AND user_agent = $2 AND id <> $3 AND opened_at >= $4 LIMIT 1";
    let (since, id) = (since.unwrap_or(Moment::UNIX_EPOCH), other_than.as_str());
    let found: Option<(String,)> = fetch_optional!(on, (String,), sql, user_id, user_agent, id, since)?;
    Ok(found.is_some())
}
