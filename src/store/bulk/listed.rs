//! Stored lists of users: those that staff pasted, and those that a bulk action affected, under the action's id.

use sqlx::QueryBuilder;

use crate::{
    domain::{logins::public_id::PublicId, moment::Moment},
    store::{
        Result, Sql,
        engine::{dialect::Dialect, execute, fetch_all, fetch_one, fetch_optional, on_engine, with_timeout},
        lists::named::KnownUser,
    },
};

/// Inserts an empty list.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_user_list(on: &mut dyn Sql, id: &PublicId, now: Moment) -> Result<()> {
    execute!(on, "INSERT INTO curfew_user_lists (id, created_at) VALUES ($1, $2)", id.as_str(), now)?;
    Ok(())
}

/// Adds users to a list, and returns how many are new to it. Ids without an account are left out.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_listed_users(on: &mut dyn Sql, id: &PublicId, ids: &[i64]) -> Result<u64> {
    fn statement<DB: Dialect>(id: &PublicId, ids: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("INSERT INTO curfew_listed_users (list_id, user_id) SELECT ");
        DB::bind_text(&mut sql, id.as_str());
        sql.push(", u.id FROM curfew_users u WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(" ON CONFLICT DO NOTHING");
        sql
    }
    let inserted = on_engine!(on, |c| {
        with_timeout(statement(id, ids).build().execute(c)).await.map(|done| done.rows_affected())
    })?;
    Ok(inserted)
}

/// How many users a list has, also those whose account was deleted. 0 if there is no such list.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_listed_users(on: &mut dyn Sql, id: &PublicId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM curfew_listed_users WHERE list_id = $1";
    let (count,) = fetch_one!(on, (i64,), sql, id.as_str())?;
    Ok(count.unsigned_abs())
}

/// The users of a list whose accounts still exist, in ascending order of id. `range` is a limit and an offset.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_listed_users(on: &mut dyn Sql, id: &PublicId, (limit, offset): (i64, i64)) -> Result<Vec<KnownUser>> {
    let sql = "
        SELECT u.id, u.username, u.is_staff, u.is_superuser
        FROM curfew_listed_users l JOIN curfew_users u ON u.id = l.user_id
        WHERE l.list_id = $1 ORDER BY l.user_id LIMIT $2 OFFSET $3";
    Ok(fetch_all!(on, KnownUser, sql, id.as_str(), limit, offset)?)
}

/// A user of a list; none if it is empty.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_listed_user(on: &mut dyn Sql, id: &PublicId) -> Result<Option<i64>> {
    let sql = "SELECT user_id FROM curfew_listed_users WHERE list_id = $1 ORDER BY user_id DESC LIMIT 1";
    let found: Option<(i64,)> = fetch_optional!(on, (i64,), sql, id.as_str())?;
    Ok(found.map(|(user_id,)| user_id))
}

/// Deletes the lists that were created at `up_to` or earlier, at most `limit` of their users. Returns how many users.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_user_lists(on: &mut dyn Sql, up_to: Moment, limit: i64) -> Result<u64> {
    let users = "
        DELETE FROM curfew_listed_users WHERE (list_id, user_id) IN (
            SELECT u.list_id, u.user_id FROM curfew_user_lists l JOIN curfew_listed_users u ON u.list_id = l.id
            WHERE l.created_at <= $1 LIMIT $2)";
    let deleted = execute!(on, users, up_to, limit)?;
    let lists = "
        DELETE FROM curfew_user_lists WHERE created_at <= $1
            AND NOT EXISTS (SELECT 1 FROM curfew_listed_users WHERE list_id = curfew_user_lists.id)";
    execute!(on, lists, up_to)?;
    Ok(deleted)
}
