//! Addresses that an account may take back with the link in a letter.
//!
//! Until then, no other account can have the address. Otherwise an attacker who changes the email of a stolen account
//! could register another account with the old address, and the owner's link could not restore it.

use crate::{
    domain::{
        letters::link::NOT_ME_LIFETIME,
        moment::{Moment, moment_before},
    },
    store::{Result, Sql, engine::fetch_optional},
};

/// Whether an account other than `own_id` may take the address with this key back: it has a not-me link there, or a
/// letter that will carry one.
pub(super) async fn is_reserved(on: &mut dyn Sql, key: &str, own_id: Option<i64>, now: Moment) -> Result<bool> {
    // One statement: a letter that is claimed in between becomes a link. Ids begin with 1.
    let sql = "
        SELECT CAST(1 AS BIGINT) WHERE EXISTS (
            SELECT 1 FROM curfew_links
            WHERE address_key = $1 AND purpose = 'not-me' AND used_at IS NULL AND user_id <> $2 AND issued_at > $3
        ) OR EXISTS (
            SELECT 1 FROM curfew_letters
            WHERE address_key = $1 AND due_at IS NOT NULL AND user_id <> $2 AND queued_at > $3
              AND kind NOT IN ('verify-email', 'reset-password')
        )";
    let since = moment_before(now, NOT_ME_LIFETIME);
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), sql, key, own_id.unwrap_or_default(), since)?;
    Ok(found.is_some())
}
