//! What staff see of the letters, and how long they are kept.

use std::cmp::Reverse;

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, fetch_one, from_row::from_row},
    },
};

/// A letter, without what it says.
#[derive(Debug, Clone)]
pub struct ListedLetter {
    /// The id.
    pub id: i64,
    /// The code of its kind.
    pub kind: String,
    /// Its account, if it is known and still exists.
    pub user_id: Option<i64>,
    /// The account's name.
    pub username: Option<String>,
    /// The code of its state.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The error of the last attempt.
    pub error: Option<String>,
    /// When it was queued.
    pub queued_at: Moment,
    /// When it is tried next.
    pub due_at: Option<Moment>,
}

from_row!(ListedLetter { id, kind, user_id, username, state, attempts, error, queued_at, due_at });

/// `select_listed!("WHERE …")` selects [`ListedLetter`]s. A letter to an address has an account once it was tried.
macro_rules! select_listed {
    ($of:literal) => {
        concat!(
            "SELECT l.id, l.kind, u.id AS user_id, u.username, l.state, l.attempts, l.error, l.queued_at, l.due_at
             FROM curfew_letters l
             LEFT JOIN curfew_links k ON k.id = l.link_id
             LEFT JOIN curfew_users u ON u.id = COALESCE(l.user_id, k.user_id) ",
            $of,
            " ORDER BY l.id DESC LIMIT $1"
        )
    };
}

/// The newest letters, newest first. Letters that were dropped are listed as far as there is room: they can be many, and
/// must not hide what was sent, waits or failed.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_newest_letters(on: &mut dyn Sql, limit: i64) -> Result<Vec<ListedLetter>> {
    let mut listed = fetch_all!(on, ListedLetter, select_listed!("WHERE l.state <> 'dropped'"), limit)?;
    let room = limit - i64::try_from(listed.len()).unwrap_or(limit);
    listed.extend(fetch_all!(on, ListedLetter, select_listed!("WHERE l.state = 'dropped'"), room)?);
    listed.sort_unstable_by_key(|letter| Reverse(letter.id));
    Ok(listed)
}

/// How many letters wait although they are due or were tried, and since when. Counts to `most`: there can be many, and
/// the overview must not wait for them.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_waiting_letters(on: &mut dyn Sql, now: Moment, most: i64) -> Result<(i64, Option<Moment>)> {
    let sql = "
        SELECT COUNT(*), MIN(queued_at)
        FROM (SELECT queued_at FROM curfew_letters WHERE due_at IS NOT NULL AND (due_at <= $1 OR attempts > 0)
              ORDER BY queued_at LIMIT $2) AS waiting";
    Ok(fetch_one!(on, (i64, Option<Moment>), sql, now, most)?)
}

/// How many letters were given up after a time.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_failed_letters(on: &mut dyn Sql, since: Moment) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM curfew_letters WHERE finished_at > $1 AND state = 'failed'";
    let (count,) = fetch_one!(on, (i64,), sql, since)?;
    Ok(count)
}

/// Deletes at most `limit` letters whose waiting ended before a time. Returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_letters_before(on: &mut dyn Sql, before: Moment, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_letters WHERE id IN
            (SELECT id FROM curfew_letters WHERE finished_at < $1 ORDER BY finished_at, id LIMIT $2)";
    Ok(execute!(on, sql, before, limit)?)
}

/// Deletes a letter.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_letter(on: &mut dyn Sql, id: i64) -> Result<()> {
    execute!(on, "DELETE FROM curfew_letters WHERE id = $1", id)?;
    Ok(())
}
