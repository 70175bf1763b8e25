//! The users that the finder shows while staff type: the first few matches, without a count.
//!
//! Three steps, each only if those before have not filled the list: users whose username begins with the text, from the
//! index of the usernames; the first users who match, if matches are common; and the two plans that `search.rs`
//! describes. The steps differ in speed, never in the result.

use sqlx::QueryBuilder;

use super::{Search, SearchIndex, Statement, candidates::Candidates};
use crate::{
    domain::{
        lists::{users_filter::SearchText, users_query::UsersQuery},
        logins::live::LiveByRole,
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{dialect::Dialect, fetch_all, on_engine, with_timeout},
        lists::searchable::SearchableList as _,
    },
};

/// How many of the first users are scanned for matches that are common.
const SCANNED_FIRST: i64 = 2_000;

/// The ids of at most `limit` users whose username or email contains the text. Those whose username begins with it come
/// first, then the others; each in the order of the usernames.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_user_ids(on: &mut dyn Sql, text: &SearchText, limit: i64) -> Result<Vec<i64>> {
    let is_full = |ids: &[i64]| i64::try_from(ids.len()).is_ok_and(|found| found >= limit);
    // `char::MAX` is the highest character: every key with this prefix sorts before it.
    let beginning = "
        SELECT id FROM curfew_users WHERE username_key >= $1 AND username_key < $2
        ORDER BY username_key NULLS FIRST, id LIMIT $3";
    let last = format!("{}{}", text.key(), char::MAX);
    let beginning: Vec<(i64,)> = fetch_all!(on, (i64,), beginning, text.key(), &last, limit)?;
    let mut ids: Vec<i64> = beginning.into_iter().map(|(id,)| id).collect();
    if is_full(&ids) {
        return Ok(ids);
    }
    let search = Search::new(text.key());
    let mut containing: Vec<i64> =
        on_engine!(on, |c| with_timeout(scan_first(&search, limit).build_query_scalar().fetch_all(c)).await)?;
    if !is_full(&containing) {
        containing = list_all(on, &search, limit).await?;
    }
    for id in containing {
        if !is_full(&ids) && !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Selects the ids of at most `limit` matches among the first users.
fn scan_first<DB: Dialect>(search: &Search<'_>, limit: i64) -> QueryBuilder<DB> {
    const ORDER: &str = " ORDER BY u.username_key NULLS FIRST, u.id LIMIT ";
    let mut sql = QueryBuilder::new("SELECT u.id FROM (SELECT u.id, u.username_key, u.email_key FROM curfew_users u");
    sql.push(ORDER);
    DB::bind_number(&mut sql, SCANNED_FIRST);
    sql.push(") u WHERE ");
    search.push_is_in_name(&mut sql, SearchIndex::Users);
    sql.push(ORDER);
    DB::bind_number(&mut sql, limit);
    sql
}

/// The ids of at most `limit` matches among all users.
async fn list_all(on: &mut dyn Sql, search: &Search<'_>, limit: i64) -> Result<Vec<i64>> {
    let candidates = search.is_rare(on, SearchIndex::Users).await?.then_some(Candidates::Named(search));
    // No filter of the query depends on the time or on logins.
    let (query, live) = (UsersQuery::default(), LiveByRole::unlimited(Moment::UNIX_EPOCH));
    let statement = Statement { query: &query, search: Some(search), live: &live, candidates };
    let users: Vec<super::ListedUser> =
        on_engine!(on, |c| with_timeout(statement.rows(limit, 0).build_query_as().fetch_all(c)).await)?;
    Ok(users.into_iter().map(|user| user.id).collect())
}
