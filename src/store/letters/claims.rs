//! Claims: one node at a time sends a letter. While it does, `due_at` is when another node may take the letter over.

use crate::{
    domain::{
        letters::sending::{LetterState, MOST_SENDINGS},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{Engine, execute, fetch_all, fetch_optional, from_row::from_row, with_timeout},
    },
};

/// The key of the advisory lock that a Postgres transaction holds while it claims letters: an arbitrary number.
const LOCK: i64 = 0x6c65_7474_6572;

/// A letter that is due, as it is stored.
#[derive(Debug, Clone)]
pub struct DueLetter {
    /// The id.
    pub id: i64,
    /// The code of its kind.
    pub kind: String,
    /// The account.
    pub user_id: Option<i64>,
    /// The recipient.
    pub address: String,
    /// The key of the recipient's address, by which letters are limited.
    pub address_key: String,
    /// The origin of the request.
    pub origin: Option<String>,
    /// Its details, as JSON.
    pub details: String,
    /// How many logins it reports.
    pub times: i64,
    /// When it was queued.
    pub queued_at: Moment,
    /// How often it was tried.
    pub attempts: i64,
    /// How many of these attempts may have delivered it.
    pub sendings: i64,
    /// The error of the last attempt.
    pub error: Option<String>,
    /// The link of the last attempt.
    pub link_id: Option<i64>,
}

from_row!(DueLetter {
    id,
    kind,
    user_id,
    address,
    address_key,
    origin,
    details,
    times,
    queued_at,
    attempts,
    sendings,
    error,
    link_id
});

/// Whether a letter is due. Reads one row of an index.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn is_letter_due(on: &mut dyn Sql, now: Moment) -> Result<bool> {
    let sql = "SELECT id FROM curfew_letters WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT 1";
    Ok(fetch_optional!(on, (i64,), sql, now)?.is_some())
}

/// Takes the lock of the claims until the transaction ends, after whoever has it. So no two nodes claim the same
/// letter, or each the last one that an address may get.
///
/// # Errors
/// Returns an error if the database does not respond, or if the lock is held for too long.
pub async fn lock_claims(on: &mut dyn Sql) -> Result<()> {
    // On SQLite, a transaction is the only writer from its start.
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
        with_timeout(lock.execute(connection)).await?;
    }
    Ok(())
}

/// Finds the letter that has been due longest: its id, its account and its recipient.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_due_letter(on: &mut dyn Sql, now: Moment) -> Result<Option<(i64, Option<i64>, String)>> {
    let sql = "
        SELECT id, user_id, address
        FROM curfew_letters WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, id LIMIT 1";
    Ok(fetch_optional!(on, (i64, Option<i64>, String), sql, now)?)
}

/// Locks a letter until the transaction ends, and reads it if it is still due. Lock the account first: the transactions
/// that drop its letters, or add logins to one, hold that lock.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_due_letter(on: &mut dyn Sql, id: i64, now: Moment) -> Result<Option<DueLetter>> {
    lock_letter(on, id).await?;
    let sql = "
        SELECT id, kind, user_id, address, address_key, origin, details, times, queued_at, attempts, sendings, error,
               link_id
        FROM curfew_letters WHERE id = $1 AND due_at <= $2";
    Ok(fetch_optional!(on, DueLetter, sql, id, now)?)
}

async fn lock_letter(on: &mut dyn Sql, id: i64) -> Result<()> {
    // On SQLite, a transaction is the only writer from its start.
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let lock = sqlx::query("SELECT 1 FROM curfew_letters WHERE id = $1 FOR UPDATE").bind(id);
        with_timeout(lock.execute(connection)).await?;
    }
    Ok(())
}

/// Claims a letter for a node, until a time.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn claim_letter(
    on: &mut dyn Sql,
    (id, link_id): (i64, i64),
    node: &str,
    (now, until): (Moment, Moment),
) -> Result<()> {
    let sql = "
        UPDATE curfew_letters
        SET claimed_by = $2, due_at = $3, started_at = $4, attempts = attempts + 1, link_id = $5 WHERE id = $1";
    execute!(on, sql, id, node, until, now, link_id)?;
    Ok(())
}

/// Extends a node's claim that has not run out. Returns whether it did.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn extend_claim(on: &mut dyn Sql, id: i64, node: &str, (now, until): (Moment, Moment)) -> Result<bool> {
    let sql = "UPDATE curfew_letters SET due_at = $4 WHERE id = $1 AND claimed_by = $2 AND due_at > $3";
    Ok(execute!(on, sql, id, node, now, until)? > 0)
}

/// Records that the mail server may have the letter from now on, and extends the claim. Returns false if the letter
/// must not be sent: the claim has run out, or the recipient may have as many copies as there may be.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn begin_sending(on: &mut dyn Sql, id: i64, node: &str, (now, until): (Moment, Moment)) -> Result<bool> {
    let sql = "
        UPDATE curfew_letters SET sendings = sendings + 1, due_at = $4
        WHERE id = $1 AND claimed_by = $2 AND due_at > $3 AND sendings < $5";
    Ok(execute!(on, sql, id, node, now, until, MOST_SENDINGS)? > 0)
}

/// Ends the waiting of a letter, and forgets what only sending it needed. Does nothing to a finished letter.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn finish_letter(
    on: &mut dyn Sql,
    id: i64,
    state: LetterState,
    error: Option<&str>,
    now: Moment,
) -> Result<()> {
    let sql = "
        UPDATE curfew_letters
        SET state = $2, error = $3, finished_at = $4, due_at = NULL, claimed_by = NULL, details = '{}', origin = NULL
        WHERE id = $1 AND due_at IS NOT NULL";
    execute!(on, sql, id, state.code(), error, now)?;
    Ok(())
}

/// Locks a letter until the transaction ends, and reads it if the node has it claimed: its attempts, and those that may
/// have delivered it.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_claimed_letter(on: &mut dyn Sql, id: i64, node: &str) -> Result<Option<(i64, i64)>> {
    lock_letter(on, id).await?;
    let sql = "SELECT attempts, sendings FROM curfew_letters WHERE id = $1 AND claimed_by = $2";
    Ok(fetch_optional!(on, (i64, i64), sql, id, node)?)
}

/// Lets a letter that this node has claimed wait until `due_at`. With `may_have_it`, the mail server may have taken it.
/// Lock the letter first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn postpone_letter(
    on: &mut dyn Sql,
    id: i64,
    (has_begun, may_have_it): (bool, bool),
    (error, due_at): (&str, Moment),
) -> Result<()> {
    let sql = "
        UPDATE curfew_letters
        SET error = $2, due_at = $3, claimed_by = NULL, sendings = sendings - $4,
            started_at = CASE WHEN $5 THEN started_at END
        WHERE id = $1";
    let taken_back = i64::from(has_begun && !may_have_it);
    execute!(on, sql, id, error, due_at, taken_back, may_have_it)?;
    Ok(())
}

/// Counts an attempt for a letter that is due, and lets it wait until `due_at`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn postpone_due_letter(
    on: &mut dyn Sql,
    id: i64,
    error: &str,
    (now, due_at): (Moment, Moment),
) -> Result<()> {
    let sql = "
        UPDATE curfew_letters SET attempts = attempts + 1, error = $2, due_at = $4, claimed_by = NULL
        WHERE id = $1 AND due_at <= $3";
    execute!(on, sql, id, error, now, due_at)?;
    Ok(())
}

/// How often the letters that are due were tried: each number once, ascending.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_attempts_of_due(on: &mut dyn Sql, now: Moment) -> Result<Vec<i64>> {
    let sql = "
        SELECT DISTINCT attempts FROM curfew_letters WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY attempts";
    let rows = fetch_all!(on, (i64,), sql, now)?;
    Ok(rows.into_iter().map(|(attempts,)| attempts).collect())
}

/// Counts an attempt for at most `limit` of the letters that are due and were tried `attempts` times, and lets them
/// wait until `due_at`. Returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn postpone_due_letters(
    on: &mut dyn Sql,
    attempts: i64,
    error: &str,
    (now, due_at): (Moment, Moment),
    limit: i64,
) -> Result<u64> {
    let sql = "
        UPDATE curfew_letters SET attempts = attempts + 1, error = $2, due_at = $4, claimed_by = NULL
        WHERE id IN (SELECT id FROM curfew_letters WHERE due_at IS NOT NULL AND due_at <= $3 AND attempts = $1
                     ORDER BY due_at, id LIMIT $5)";
    Ok(execute!(on, sql, attempts, error, now, due_at, limit)?)
}
