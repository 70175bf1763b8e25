//! The limit of letters of a kind to one address per hour. A letter too many waits until the address may get it.

use super::{claims::DueLetter, erased::erased_key};
use crate::{
    domain::{
        letters::{kind::LetterKind, sending::LetterFault},
        moment::Moment,
        people::login_key::login_key,
    },
    store::{
        Result, Sql,
        engine::{execute, fetch_all, fetch_one},
    },
};

/// The other letters of the kind to the same address that count for the limit: those that may have reached it after
/// `since`, by the time of their attempt, and older ones that wait for their next attempt, without one. In order of
/// these times, the latter last.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_counted_letters(
    on: &mut dyn Sql,
    kind: LetterKind,
    due: &DueLetter,
    since: Moment,
) -> Result<Vec<Option<Moment>>> {
    // Two parts, each with an index of its own: an address may have had many letters.
    let sql = "
        SELECT started_at FROM (
            SELECT started_at FROM curfew_letters
            WHERE address_key IN ($1, $5) AND kind = $2 AND id <> $3 AND started_at > $4
            UNION ALL
            SELECT started_at FROM curfew_letters
            WHERE address_key = $1 AND kind = $2 AND id < $3 AND due_at IS NOT NULL AND attempts > 0
              AND (started_at IS NULL OR started_at <= $4)) AS counted
        ORDER BY started_at IS NULL, started_at";
    let erased = erased_key(&due.address_key);
    let rows = fetch_all!(on, (Option<Moment>,), sql, &due.address_key, kind.code(), due.id, since, erased)?;
    Ok(rows.into_iter().map(|(started_at,)| started_at).collect())
}

/// How many letters of the kind this address has had since `since`, or is about to get.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_letters_to(
    on: &mut dyn Sql,
    kind: LetterKind,
    address: &str,
    (since, now): (Moment, Moment),
) -> Result<i64> {
    let sql = "
        SELECT (SELECT COUNT(*) FROM curfew_letters
                WHERE address_key IN ($1, $2) AND kind = $3 AND started_at > $4)
             + (SELECT COUNT(*) FROM curfew_letters
                WHERE address_key = $1 AND kind = $3 AND due_at IS NOT NULL AND due_at <= $5
                  AND (started_at IS NULL OR started_at <= $4))";
    let key = login_key(address);
    let (count,) = fetch_one!(on, (i64,), sql, &key, erased_key(&key), kind.code(), since, now)?;
    Ok(count)
}

/// How many requests for a letter of the kind to this address wait and were never looked at. Counts to `most`. It does
/// not depend on whether an account has the address.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_requests_for(on: &mut dyn Sql, kind: LetterKind, address: &str, most: usize) -> Result<usize> {
    let sql = "
        SELECT id FROM curfew_letters
        WHERE address_key = $1 AND kind = $2 AND due_at IS NOT NULL AND user_id IS NULL AND link_id IS NULL LIMIT $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    Ok(fetch_all!(on, (i64,), sql, login_key(address), kind.code(), most)?.len())
}

/// Deletes at most `limit` requests that are due and whose address belongs to no account. Returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_requests_for_nobody(on: &mut dyn Sql, now: Moment, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_letters WHERE id IN
            (SELECT id FROM curfew_letters
             WHERE due_at IS NOT NULL AND due_at <= $1 AND user_id IS NULL AND link_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM curfew_login_names WHERE name_key = address_key)
             ORDER BY due_at, id LIMIT $2)";
    Ok(execute!(on, sql, now, limit)?)
}

/// Lets a letter that is due wait until its address may get it. It counts as no attempt.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn put_off_letter(on: &mut dyn Sql, id: i64, due_at: Moment) -> Result<()> {
    let sql = "UPDATE curfew_letters SET due_at = $2, error = $3, claimed_by = NULL WHERE id = $1";
    execute!(on, sql, id, due_at, LetterFault::Limit.code())?;
    Ok(())
}

/// Lets another letter of the kind to the same address, which waits for the limit, stand for this one too. Returns
/// whether there is one: of the same account or, with `by_any_account`, of any.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn add_to_letter_put_off(
    on: &mut dyn Sql,
    kind: LetterKind,
    due: &DueLetter,
    by_any_account: bool,
) -> Result<bool> {
    let sql = "
        UPDATE curfew_letters SET times = times + $5
        WHERE id = (SELECT MIN(id) FROM curfew_letters
                    WHERE address_key = $1 AND kind = $2 AND id <> $3 AND due_at IS NOT NULL AND error = $6
                      AND (user_id = $4 OR $7))";
    let (key, limit) = (&due.address_key, LetterFault::Limit.code());
    Ok(execute!(on, sql, key, kind.code(), due.id, due.user_id, due.times, limit, by_any_account)? > 0)
}
