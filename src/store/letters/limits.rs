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
    on: &mut impl Sql,
    kind: LetterKind,
    due: &DueLetter,
    since: Moment,
) -> Result<Vec<Option<Moment>>> {
    let sql = "
        SELECT started_at FROM curfew_letters
        WHERE address_key IN ($1, $5) AND kind = $2 AND id <> $3
          AND (started_at > $4 OR (state = 'waiting' AND attempts > 0 AND id < $3))
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
    on: &mut impl Sql,
    kind: LetterKind,
    address: &str,
    (since, now): (Moment, Moment),
) -> Result<i64> {
    let sql = "
        SELECT COUNT(*) FROM curfew_letters
        WHERE address_key IN ($1, $2) AND kind = $3 AND (started_at > $4 OR due_at <= $5)";
    let key = login_key(address);
    let (count,) = fetch_one!(on, (i64,), sql, &key, erased_key(&key), kind.code(), since, now)?;
    Ok(count)
}

/// Lets a letter that is due wait until its address may get it. It counts as no attempt.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn put_off_letter(on: &mut impl Sql, id: i64, due_at: Moment) -> Result<()> {
    let sql = "UPDATE curfew_letters SET due_at = $2, error = $3, claimed_by = NULL WHERE id = $1";
    execute!(on, sql, id, due_at, LetterFault::Limit.code())?;
    Ok(())
}

/// Lets another letter of the kind to the same address, which waits for the limit, stand for this one too. Returns
/// whether there is one. Of the account's letters, so that nobody can displace them; but an address that is not
/// verified yet belongs to nobody, so any account's letter stands for it.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn add_to_letter_put_off(on: &mut impl Sql, kind: LetterKind, due: &DueLetter) -> Result<bool> {
    let sql = "
        UPDATE curfew_letters SET times = times + $5
        WHERE id = (SELECT MIN(id) FROM curfew_letters
                    WHERE address_key = $1 AND kind = $2 AND id <> $3 AND due_at IS NOT NULL AND error = $6
                      AND (user_id = $4 OR kind = 'verify-email'))";
    let limit = LetterFault::Limit.code();
    Ok(execute!(on, sql, &due.address_key, kind.code(), due.id, due.user_id, due.times, limit)? > 0)
}
