//! When the password was last proven from a session, for the recent-password check (the guard `Present`).

use crate::{
    domain::{logins::session_secret::SessionId, moment::Moment},
    store::{
        Result, Sql,
        engine::{execute, fetch_optional},
    },
};

/// Finds when the password was last proven from this session: at its login, or on a form since.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_proven_at(on: &mut impl Sql, id: &SessionId) -> Result<Option<Moment>> {
    let sql = "SELECT COALESCE(proven_at, opened_at) FROM curfew_logins WHERE id = $1";
    let found: Option<(Moment,)> = fetch_optional!(on, (Moment,), sql, id.as_str())?;
    Ok(found.map(|(at,)| at))
}

/// Records that the password was proven from this session.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_proven_at(on: &mut impl Sql, id: &SessionId, at: Moment) -> Result<()> {
    execute!(on, "UPDATE curfew_logins SET proven_at = $2 WHERE id = $1", id.as_str(), at)?;
    Ok(())
}
