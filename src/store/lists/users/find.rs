//! The users that the finder shows while staff type: the first few matches, without a count.
//!
//! Users whose username begins with the text come first: the index of the usernames has them in order, so the most
//! common case reads a handful of rows. Only if they do not fill the list, names that contain the text are searched.

use super::{Plan, Search, SearchIndex, Statement};
use crate::{
    domain::{
        lists::{users_filter::SearchText, users_query::UsersQuery},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{fetch_all, on_engine, with_timeout},
        lists::searchable::SearchableList as _,
    },
};

/// The ids of at most `limit` users whose username or email contains the text. Those whose username begins with it come
/// first, then the others; each in the order of the usernames.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_user_ids(on: &mut impl Sql, text: &SearchText, limit: i64) -> Result<Vec<i64>> {
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
    let plan = if search.is_rare(on, SearchIndex::Users).await? { Plan::Lookup } else { Plan::Scan };
    // No filter of the query depends on the time.
    let (query, now) = (UsersQuery::default(), Moment::UNIX_EPOCH);
    let statement = Statement { query: &query, search: Some(&search), plan, now };
    let containing: Vec<super::ListedUser> =
        on_engine!(on, |c| with_timeout(statement.rows(limit, 0).build_query_as().fetch_all(c)).await)?;
    for user in containing {
        if !is_full(&ids) && !ids.contains(&user.id) {
            ids.push(user.id);
        }
    }
    Ok(ids)
}
