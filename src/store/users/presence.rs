//! When the password was last proven from a session, for the recent-password check (the guard `Present`).

use crate::{
    domain::{
        logins::{public_id::PublicId, session_secret::SecretHash},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{fetch_optional, from_row::from_row},
    },
};

/// A session whose secret was replaced.
#[derive(Debug, Clone)]
pub struct ProvenSession {
    /// The login's `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When the login was opened, by the site's clock.
    pub opened_at: Moment,
    /// Whether the cookie is kept after the browser is closed.
    pub remember: bool,
    /// The version of the account's password.
    pub password_version: i64,
}

from_row!(ProvenSession { login_date, opened_at, remember, password_version });

/// Finds when the password was last proven from this session: at its login, or on a form since. `None` if the session no
/// longer has this secret.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_proven_at(on: &mut dyn Sql, id: &PublicId, secret: &SecretHash) -> Result<Option<Moment>> {
    let sql = "SELECT COALESCE(proven_at, opened_at) FROM curfew_logins WHERE id = $1 AND secret_hash = $2";
    let found: Option<(Moment,)> = fetch_optional!(on, (Moment,), sql, id.as_str(), secret.as_bytes())?;
    Ok(found.map(|(at,)| at))
}

/// Records that the password was proven from this session, and replaces its secret. `None` if the session no longer has
/// the old secret.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn replace_proven_secret(
    on: &mut dyn Sql,
    id: &PublicId,
    (old, new): (&SecretHash, &SecretHash),
    at: Moment,
) -> Result<Option<ProvenSession>> {
    let sql = "UPDATE curfew_logins SET secret_hash = $3, proven_at = $4
               WHERE id = $1 AND kind = 'browser' AND secret_hash = $2 RETURNING login_date, opened_at, remember,
                   (SELECT password_version FROM curfew_users u WHERE u.id = user_id) AS password_version";
    Ok(fetch_optional!(on, ProvenSession, sql, id.as_str(), old.as_bytes(), new.as_bytes(), at)?)
}
