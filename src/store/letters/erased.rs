//! What stays of an account's letters after it is deleted: enough to count them for the limit per hour.
//!
//! Otherwise somebody could register with a stranger's address and delete the account again and again, and each round
//! would send the stranger one more letter.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{moment::Moment, people::login_key::login_key},
    store::{
        Result, Sql,
        engine::{execute, fetch_all},
    },
};

/// What stands for an address that is erased. It has a space, so it never equals an address's key.
pub(super) fn erased_key(key: &str) -> String {
    let hash = Sha256::new().chain_update("curfew erased letter ").chain_update(key).finalize();
    format!("erased {}", BASE64URL_NOPAD.encode(&hash))
}

/// Deletes an account's letters, and the requests for letters to its addresses. Those that may have reached somebody
/// after `since` stay without the account, the address and the answer of the mail server, so that they count. Call it
/// before the links of the account are deleted.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn erase_letters_of(
    on: &mut dyn Sql,
    user_id: i64,
    email: &str,
    (since, now): (Moment, Moment),
) -> Result<()> {
    // The addresses of years may be many, those of the last hour are few.
    macro_rules! own_letters {
        () => {
            "address_key IN (
                 SELECT address_key FROM curfew_letters WHERE user_id = $1
                 UNION SELECT address_key FROM curfew_links WHERE user_id = $1 UNION SELECT $2)
             AND (user_id = $1 OR user_id IS NULL)"
        };
    }
    let own_key = login_key(email);
    let counted = concat!("SELECT DISTINCT address_key FROM curfew_letters WHERE started_at > $3 AND ", own_letters!());
    let counted = fetch_all!(on, (String,), counted, user_id, &own_key, since)?;
    let uncounted =
        concat!("DELETE FROM curfew_letters WHERE (started_at IS NULL OR started_at <= $3) AND ", own_letters!());
    execute!(on, uncounted, user_id, &own_key, since)?;
    for (key,) in counted {
        let erase = "
            UPDATE curfew_letters
            SET user_id = NULL, link_id = NULL, address = '', address_key = $3, details = '{}', origin = NULL,
                error = NULL, due_at = NULL, claimed_by = NULL, finished_at = COALESCE(finished_at, $4),
                state = CASE WHEN state = 'waiting' THEN 'dropped' ELSE state END
            WHERE address_key = $1 AND (user_id = $2 OR user_id IS NULL)";
        execute!(on, erase, &key, user_id, erased_key(&key), now)?;
    }
    Ok(())
}

/// Deletes at most `limit` erased letters that no longer count, because they were sent at or before `before`. Returns how
/// many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_erased_letters_before(on: &mut dyn Sql, before: Moment, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_letters WHERE id IN
            (SELECT id FROM curfew_letters WHERE address = '' AND started_at <= $1 ORDER BY started_at, id LIMIT $2)";
    Ok(execute!(on, sql, before, limit)?)
}
