//! The links in letters: what each may do, to whom, and the hashes of its tokens.

use super::{
    Result, Sql,
    engine::{execute, fetch_one, fetch_optional, from_row::from_row},
};
use crate::domain::{
    letters::link::{LinkPurpose, LinkToken},
    moment::Moment,
    people::login_key::login_key,
};

/// A row of `curfew_links`.
#[derive(Debug, Clone)]
pub struct Link {
    /// The id.
    pub id: i64,
    /// The account.
    pub user_id: i64,
    /// The address that it was sent to.
    pub address: String,
    /// Its order among force logouts, as a login's `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// When it was issued, by the clock. Its lifetime counts from here.
    pub issued_at: Moment,
    /// When it was used.
    pub used_at: Option<Moment>,
}

from_row!(Link { id, user_id, address, login_date, issued_at, used_at });

/// A link to issue.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// The account.
    pub user_id: i64,
    /// The address that it is sent to.
    pub address: &'a str,
    /// Its order among force logouts.
    pub login_date: Moment,
    /// The current time.
    pub issued_at: Moment,
}

/// Issues a link, which has no token yet, and returns its id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_link(on: &mut dyn Sql, new: &NewLink<'_>) -> Result<i64> {
    let sql = "
        INSERT INTO curfew_links (purpose, user_id, address, address_key, login_date, issued_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let NewLink { purpose, user_id, address, login_date, issued_at } = new;
    let key = login_key(address);
    let (id,) = fetch_one!(on, (i64,), sql, purpose.code(), *user_id, *address, &key, *login_date, *issued_at)?;
    Ok(id)
}

/// Adds a token to a link. All of its tokens open the same link.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_link_token(on: &mut dyn Sql, link_id: i64, token: &LinkToken) -> Result<()> {
    let sql = "INSERT INTO curfew_link_tokens (token_hash, link_id) VALUES ($1, $2)";
    execute!(on, sql, token.hash().as_bytes().to_vec(), link_id)?;
    Ok(())
}

/// Finds the link with this purpose and token.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_link(on: &mut dyn Sql, purpose: LinkPurpose, token: &LinkToken) -> Result<Option<Link>> {
    let sql = "
        SELECT curfew_links.id, user_id, address, login_date, issued_at, used_at
        FROM curfew_link_tokens JOIN curfew_links ON curfew_links.id = link_id
        WHERE token_hash = $1 AND purpose = $2";
    Ok(fetch_optional!(on, Link, sql, token.hash().as_bytes().to_vec(), purpose.code())?)
}

/// Marks a link as used. Returns whether this call did: of two requests, one.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn use_link(on: &mut dyn Sql, id: i64, now: Moment) -> Result<bool> {
    Ok(execute!(on, "UPDATE curfew_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL", id, now)? > 0)
}

/// Ends the account's links to verify this address. They would work again if the user asked for the address again.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn end_links_that_verify(on: &mut dyn Sql, user_id: i64, address: &str, now: Moment) -> Result<()> {
    let sql = "
        UPDATE curfew_links SET used_at = $3
        WHERE user_id = $1 AND purpose = 'verify' AND address_key = $2 AND used_at IS NULL";
    execute!(on, sql, user_id, &login_key(address), now)?;
    Ok(())
}

/// Ends the account's links that depend on its email. They would work again if it had that email again.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn end_links_of_email(on: &mut dyn Sql, user_id: i64, now: Moment) -> Result<()> {
    let sql = "
        UPDATE curfew_links SET used_at = $2
        WHERE user_id = $1 AND purpose IN ('reset', 'verify') AND used_at IS NULL";
    execute!(on, sql, user_id, now)?;
    Ok(())
}

/// Deletes the not-me links of an account that were issued after `after` to another address than `address`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_later_not_me_links(on: &mut dyn Sql, user_id: i64, address: &str, after: Moment) -> Result<()> {
    let of_them = "
        DELETE FROM curfew_link_tokens WHERE link_id IN (SELECT id FROM curfew_links
            WHERE user_id = $1 AND purpose = 'not-me' AND issued_at > $2 AND address <> $3)";
    execute!(on, of_them, user_id, after, address)?;
    let links =
        "DELETE FROM curfew_links WHERE user_id = $1 AND purpose = 'not-me' AND issued_at > $2 AND address <> $3";
    execute!(on, links, user_id, after, address)?;
    Ok(())
}

/// Deletes the links of an account.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_links_of(on: &mut dyn Sql, user_id: i64) -> Result<()> {
    let tokens = "DELETE FROM curfew_link_tokens WHERE link_id IN (SELECT id FROM curfew_links WHERE user_id = $1)";
    execute!(on, tokens, user_id)?;
    execute!(on, "DELETE FROM curfew_links WHERE user_id = $1", user_id)?;
    Ok(())
}

/// Deletes at most `limit` links that were issued before a time. Returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_links_before(on: &mut dyn Sql, before: Moment, limit: i64) -> Result<u64> {
    let tokens = "
        DELETE FROM curfew_link_tokens WHERE link_id IN
            (SELECT id FROM curfew_links WHERE issued_at < $1 ORDER BY issued_at, id LIMIT $2)";
    execute!(on, tokens, before, limit)?;
    let links = "
        DELETE FROM curfew_links WHERE id IN
            (SELECT id FROM curfew_links WHERE issued_at < $1 ORDER BY issued_at, id LIMIT $2)";
    Ok(execute!(on, links, before, limit)?)
}
