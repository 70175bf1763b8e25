//! What only tokens have: a secret that finds them, and refresh tokens that succeed one another.

use crate::{
    domain::{
        logins::{
            rotations::Rotations,
            session_secret::{SecretHash, SessionId},
        },
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{execute, fetch_optional},
    },
};

/// What an opaque token is the key to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// The account that it logs in.
    pub user_id: i64,
    /// Its public name.
    pub id: SessionId,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it expires.
    pub expires_at: Moment,
}

/// The opaque token with that secret, also one that has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn find_token_key(on: &mut impl Sql, hash: &SecretHash) -> Result<Option<TokenKey>> {
    type Found = (i64, String, Moment, Moment);
    let sql = "
        SELECT user_id, id, login_date, expires_at FROM curfew_logins
        WHERE secret_hash = $1 AND kind = 'opaque' AND expires_at IS NOT NULL";
    let found: Option<Found> = fetch_optional!(on, Found, sql, hash.as_bytes())?;
    let key = |(user_id, id, login_date, expires_at)| TokenKey {
        user_id,
        id: SessionId::from_stored(id),
        login_date,
        expires_at,
    };
    Ok(found.map(key))
}

/// Records that the refresh token of a family was exchanged for the next.
///
/// # Errors
/// When the database does not answer.
pub async fn set_rotated(
    on: &mut impl Sql,
    id: &SessionId,
    at: Moment,
    rotations: &Rotations,
    expires_at: Moment,
) -> Result<()> {
    let sql = "
        UPDATE curfew_logins SET generation = generation + 1, rotated_at = $2, rotations = $3, expires_at = $4 WHERE id = $1";
    execute!(on, sql, id.as_str(), at, rotations.to_text(), expires_at)?;
    Ok(())
}
