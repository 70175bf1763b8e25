//! Bulk actions: selects the users that an action affects, and updates them in batches.
//!
//! Counting, selecting and locking share the same conditions, so that an action affects the users that its confirmation
//! page counted.

mod events;
pub mod listed;
pub mod logins;
pub mod records;
mod statement;
mod write;

use sqlx::{QueryBuilder, Sqlite};

use super::{
    Result, Sql,
    engine::{Engine, dialect::Dialect, fetch_one, from_row::from_row, on_engine, with_timeout},
    feed::CHANNEL,
    lists::named::KnownUser,
};
use crate::domain::{
    bulk::{BulkChoice, BulkCounts, BulkScope, digest_of},
    logins::{counts::LoginCounts, live::LiveByRole, public_id::PublicId},
    people::role::Role,
};
pub use events::insert_event_for_each;
use listed::count_listed_users;
use statement::Statement;
pub use write::{
    count_live_logins_of_each, set_active_all, set_force_logout_date_of_all, set_force_logout_scheduled_of_all,
    set_inactive_all,
};

/// A bulk action and its actor.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a> {
    /// The action and its scope.
    pub choice: &'a BulkChoice,
    /// The acting user's id; none at the command line.
    pub actor_id: Option<i64>,
    /// The acting user's role.
    pub actor_role: Role,
    /// Which logins are live, and the current time.
    pub live: &'a LiveByRole,
}

/// A user that a bulk action affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetUser {
    /// The user's id.
    pub id: i64,
    /// Whether the user is a superuser, possibly the last one.
    pub is_superuser: bool,
    /// Whether one statement can update the user together with others. False for superusers, for users with a schedule
    /// that is due, and for users whose last login or force-logout date is in the future.
    pub is_ordinary: bool,
}

from_row!(TargetUser { id, is_superuser, is_ordinary });

/// A user in the scope of a bulk action, and why the action would skip it; the first reason counts.
#[derive(Debug)]
struct ChosenRow {
    id: i64,
    is_out_of_reach: bool,
    is_own: bool,
    is_already_done: bool,
    is_staff: bool,
}

from_row!(ChosenRow { id, is_out_of_reach, is_own, is_already_done, is_staff });

/// Counts the live logins that a bulk action ends, as far as the logins of one account are counted.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_logins_of_targets(on: &mut dyn Sql, targets: Targets<'_>) -> Result<LoginCounts> {
    let statement = Statement(targets);
    let counted: (i64, i64) =
        on_engine!(on, |c| with_timeout(statement.count_logins().build_query_as().fetch_one(c)).await)?;
    Ok(login_counts(counted))
}

/// Converts a count of sessions and a count of tokens.
fn login_counts((sessions, tokens): (i64, i64)) -> LoginCounts {
    LoginCounts { sessions: sessions.unsigned_abs(), tokens: tokens.unsigned_abs() }
}

/// Returns the ids of the affected users, ascending, and how many users are affected and skipped. The counts leave out
/// the logins. [`count_logins_of_targets`] counts those.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_targets(on: &mut dyn Sql, targets: Targets<'_>) -> Result<(Vec<i64>, BulkCounts)> {
    let statement = Statement(targets);
    let chosen: Vec<ChosenRow> =
        on_engine!(on, |c| with_timeout(statement.chosen().build_query_as().fetch_all(c)).await)?;
    let requested = match &targets.choice.scope {
        BulkScope::Ids(ids) => ids.len() as u64,
        BulkScope::Listed(list) => count_listed_users(on, list).await?,
        BulkScope::Matching(_) => chosen.len() as u64,
    };
    let mut counts = BulkCounts { missing: requested.saturating_sub(chosen.len() as u64), ..BulkCounts::default() };
    let mut ids = Vec::new();
    for user in chosen {
        match user {
            ChosenRow { is_out_of_reach: true, .. } => counts.out_of_reach += 1,
            ChosenRow { is_own: true, .. } => counts.own_account += 1,
            ChosenRow { is_already_done: true, .. } => counts.already += 1,
            ChosenRow { id, is_staff, .. } => {
                ids.push(id);
                counts.staff += u64::from(is_staff);
            }
        }
    }
    counts.users = ids.len() as u64;
    counts.whom = digest_of(&ids);
    counts.includes_actor = targets.actor_id.is_some_and(|id| ids.binary_search(&id).is_ok());
    Ok((ids, counts))
}

/// Adds every user in the scope to a stored list, also those that the action would skip.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_chosen_users(on: &mut dyn Sql, list: &PublicId, targets: Targets<'_>) -> Result<()> {
    let statement = Statement(targets);
    on_engine!(on, |c| with_timeout(statement.insert_chosen(list).build().execute(c)).await.map(drop))?;
    Ok(())
}

/// Lists the affected users in ascending order of id, or only the staff among them. `range` is a limit and an offset.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_affected_users(
    on: &mut dyn Sql,
    targets: Targets<'_>,
    only_staff: bool,
    range: (i64, i64),
) -> Result<Vec<KnownUser>> {
    let statement = Statement(targets);
    Ok(on_engine!(on, |c| with_timeout(statement.affected(only_staff, range).build_query_as().fetch_all(c)).await)?)
}

/// The highest user id; 0 if there are no users.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn get_max_user_id(on: &mut dyn Sql) -> Result<i64> {
    let (id,): (i64,) = fetch_one!(on, (i64,), "SELECT COALESCE(MAX(id), 0) FROM curfew_users")?;
    Ok(id)
}

/// Locks these users for an update, in ascending order of id. Returns those that the action still affects.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_targets(on: &mut dyn Sql, targets: Targets<'_>, ids: &[i64]) -> Result<Vec<TargetUser>> {
    let lock = match on.engine()? {
        Engine::Sqlite(_) => "",
        #[cfg(feature = "postgres")]
        Engine::Postgres(_) => " ORDER BY id FOR UPDATE",
    };
    let statement = Statement(targets);
    Ok(on_engine!(on, |c| with_timeout(statement.affected_among(ids, lock).build_query_as().fetch_all(c)).await)?)
}

/// While set, this transaction's triggers stay silent on Postgres, where they would record and notify each row by
/// itself. [`record_bulk_change`] reports the changes instead. SQLite's triggers cost little and stay on.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_records_bulk_change(on: &mut dyn Sql, records_bulk_change: bool) -> Result<()> {
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let setting =
            sqlx::query("SELECT set_config('curfew.records_bulk_change', CASE WHEN $1 THEN 'on' ELSE 'off' END, TRUE)");
        with_timeout(setting.bind(records_bulk_change).execute(connection)).await?;
    }
    Ok(())
}

/// Records a change of each of these users, so that every node drops them from its cache and writes a receipt for
/// the event.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn record_bulk_change(on: &mut dyn Sql, ids: &[i64], event_id: i64) -> Result<()> {
    match on.engine()? {
        Engine::Sqlite(connection) => {
            let mut sql = QueryBuilder::new("INSERT INTO curfew_standing_changes (user_id, event_id) SELECT id, ");
            sql.push_bind(event_id).push(" FROM curfew_users WHERE id");
            Sqlite::push_is_one_of(&mut sql, ids);
            with_timeout(sql.build().execute(connection)).await?;
        }
        #[cfg(feature = "postgres")]
        Engine::Postgres(connection) => {
            let sql = "WITH inserted AS (INSERT INTO curfew_standing_changes (user_id, event_id) SELECT unnest($1), $2
                                     RETURNING user_id, event_id)
                       SELECT COUNT(pg_notify($3, user_id || '#' || event_id)) FROM inserted";
            with_timeout(sqlx::query(sql).bind(ids).bind(event_id).bind(CHANNEL).execute(connection)).await?;
        }
    }
    Ok(())
}
