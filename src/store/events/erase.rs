//! Erases what identifies a person from the events of deleted accounts: the email, the addresses and the browsers.
//!
//! A trigger records each deleted account in `curfew_event_erasures`, also one that was deleted by hand.

use super::chain::erase_salts;
use crate::store::{
    Result, Sql,
    engine::{Engine, execute, fetch_all, fetch_one, fetch_optional},
};

/// Whether the events of any deleted account are still to be erased.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_erasures(on: &mut dyn Sql) -> Result<bool> {
    Ok(fetch_one!(on, (bool,), "SELECT EXISTS (SELECT 1 FROM curfew_event_erasures)")?.0)
}

/// Locks a deleted account whose events are still to be erased, and that no other node has locked.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_erasure(on: &mut dyn Sql) -> Result<Option<i64>> {
    let sql = match on.engine()? {
        Engine::Sqlite(_) => "SELECT user_id FROM curfew_event_erasures ORDER BY user_id LIMIT 1",
        #[cfg(feature = "postgres")]
        Engine::Postgres(_) => {
            "SELECT user_id FROM curfew_event_erasures ORDER BY user_id LIMIT 1 FOR UPDATE SKIP LOCKED"
        }
    };
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), sql)?;
    Ok(found.map(|(user_id,)| user_id))
}

/// Erases at most `limit` events of each kind of a deleted account, and returns how many.
///
/// An address belongs to the actor. An event without an actor, such as a failed login, has the address of whoever tried
/// the account, most often its owner. The event of a changed email names both emails.
///
/// Erases nothing of an account that exists, however it came to be recorded as deleted.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn erase_some_events_of(on: &mut dyn Sql, user_id: i64, limit: i64) -> Result<u64> {
    macro_rules! sql {
        ($condition:literal) => {
            concat!(
                "UPDATE curfew_events SET address = NULL, user_agent = NULL, address_key = '', browser_key = '',
                        detail = CASE WHEN kind = 'profile-changed' THEN NULL ELSE detail END
                 WHERE id IN (SELECT id FROM curfew_events WHERE ",
                $condition,
                " AND NOT EXISTS (SELECT 1 FROM curfew_users WHERE id = $1) ORDER BY id LIMIT $2) RETURNING id"
            )
        };
    }
    let of_actor: Vec<(i64,)> = fetch_all!(on, (i64,), sql!("actor_id = $1 AND address IS NOT NULL"), user_id, limit)?;
    let of_subject: Vec<(i64,)> = fetch_all!(
        on,
        (i64,),
        sql!(
            "subject_id = $1 AND ((actor IS NULL AND address IS NOT NULL)
                                  OR (kind = 'profile-changed' AND detail IS NOT NULL))"
        ),
        user_id,
        limit
    )?;
    let ids: Vec<i64> = of_actor.into_iter().chain(of_subject).map(|(id,)| id).collect();
    erase_salts(on, &ids).await?;
    Ok(ids.len() as u64)
}

/// Records that the events of a deleted account are erased.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_erasure(on: &mut dyn Sql, user_id: i64) -> Result<()> {
    execute!(on, "DELETE FROM curfew_event_erasures WHERE user_id = $1", user_id)?;
    Ok(())
}
