//! The outbox: letters that wait, and those that were sent lately.
//!
//! A letter is written in the transaction of the act that it reports, so that neither exists without the other.

pub mod claims;
pub mod erased;
pub mod limits;
pub mod listed;

use super::{
    Result, Sql,
    engine::{execute, fetch_one, fetch_optional, from_row::from_row},
};
use crate::domain::{
    letters::{details::LetterDetails, kind::LetterKind},
    moment::Moment,
    people::login_key::login_key,
};

/// A letter to queue.
#[derive(Debug)]
pub struct NewLetter<'a> {
    /// Its kind.
    pub kind: LetterKind,
    /// The account. `None` if somebody asked for a letter to this address: the account is looked up when it is sent.
    pub user_id: Option<i64>,
    /// The recipient.
    pub address: &'a str,
    /// The origin of the request, such as `https://example.org`, for links of a site without `base_url`.
    pub origin: Option<&'a str>,
    /// What it says.
    pub details: LetterDetails,
    /// The current time.
    pub now: Moment,
    /// When to send it.
    pub due_at: Moment,
}

impl<'a> NewLetter<'a> {
    /// A letter to this address, due now and without details.
    #[must_use]
    pub fn new(kind: LetterKind, address: &'a str, now: Moment) -> Self {
        Self { kind, user_id: None, address, origin: None, details: LetterDetails::default(), now, due_at: now }
    }
}

/// Queues a letter and returns its id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_letter(on: &mut dyn Sql, new: &NewLetter<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO curfew_letters (kind, user_id, address, address_key, origin, details, queued_at, due_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting') RETURNING id";
    let details = serde_json::to_string(&new.details).unwrap_or_default();
    let key = login_key(new.address);
    let (id,) = fetch_one!(
        on,
        (i64,),
        sql,
        new.kind.code(),
        new.user_id,
        new.address,
        &key,
        new.origin,
        &details,
        new.now,
        new.due_at
    )?;
    Ok(id)
}

/// Whether a letter like this one waits: of its kind, to its address and for its account. One that a node is sending
/// does not count, because its link may be dead by now.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_waiting_letter(on: &mut dyn Sql, new: &NewLetter<'_>) -> Result<bool> {
    let sql = "
        SELECT id FROM curfew_letters
        WHERE address_key = $1 AND kind = $2 AND user_id = $3 AND due_at IS NOT NULL AND claimed_by IS NULL LIMIT 1";
    Ok(fetch_optional!(on, (i64,), sql, login_key(new.address), new.kind.code(), new.user_id)?.is_some())
}

/// Drops the account's letters to other addresses than this one that wait and were queued after `after`. They are not
/// deleted, because some may have arrived and count for the limit.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn drop_later_letters_elsewhere(
    on: &mut dyn Sql,
    user_id: i64,
    address: &str,
    (after, now): (Moment, Moment),
) -> Result<()> {
    let sql = "
        UPDATE curfew_letters
        SET state = 'dropped', finished_at = $4, due_at = NULL, claimed_by = NULL, details = '{}', origin = NULL
        WHERE user_id = $1 AND address <> $2 AND queued_at > $3 AND due_at IS NOT NULL";
    execute!(on, sql, user_id, address, after, now)?;
    Ok(())
}

/// The account's newest letter about new logins.
#[derive(Debug, Clone)]
pub struct NewLoginLetter {
    /// The id.
    pub id: i64,
    /// When it was first tried, if it was.
    pub started_at: Option<Moment>,
}

from_row!(NewLoginLetter { id, started_at });

/// Finds the account's newest letter about new logins.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_new_login_letter(on: &mut dyn Sql, user_id: i64) -> Result<Option<NewLoginLetter>> {
    let sql = "
        SELECT id, started_at FROM curfew_letters WHERE user_id = $1 AND kind = 'new-login' ORDER BY id DESC LIMIT 1";
    Ok(fetch_optional!(on, NewLoginLetter, sql, user_id)?)
}

/// Adds one more login to a letter that waits. Returns whether it did: a letter that is tried already is finished.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn add_login_to_letter(on: &mut dyn Sql, id: i64) -> Result<bool> {
    let sql = "UPDATE curfew_letters SET times = times + 1 WHERE id = $1 AND started_at IS NULL AND due_at IS NOT NULL";
    Ok(execute!(on, sql, id)? > 0)
}

/// Deletes the letters of an account, sent or not. For the demo: [`erased`] keeps what counts for the limit.
///
/// # Errors
/// Returns an error if the database does not respond.
#[cfg(feature = "demo")]
pub async fn delete_letters_of(on: &mut dyn Sql, user_id: i64) -> Result<()> {
    execute!(on, "DELETE FROM curfew_letters WHERE user_id = $1", user_id)?;
    Ok(())
}
