//! Reading whom an act on many accounts is on, and writing it for a batch of them at once.
//!
//! What is counted, chosen and locked is told by the same conditions, so that what was promised is
//! what is done.

mod events;
mod statement;
mod write;

use sqlx::QueryBuilder;

pub use self::{
    events::insert_event_for_each,
    write::{
        count_live_sessions_of_each, end_live_sessions_of_many, set_active_all, set_force_logout_date_of_all,
        set_inactive_all,
    },
};
use super::{
    Result, Sql,
    dialect::Dialect,
    engine::{Engine, fetch_one, in_time, on_engine},
    site_sessions::LiveByRole,
};
use crate::domain::{
    bulk::{BulkChoice, BulkCounts, BulkScope, digest_of},
    moment::Moment,
    role::Role,
};
use statement::Statement;

/// Who acts on many, and on whom.
#[derive(Debug, Clone, Copy)]
pub struct Meant<'a> {
    /// What is done, and to whom.
    pub choice: &'a BulkChoice,
    /// The number of whoever acts; none is the person at the command line.
    pub actor_id: Option<i64>,
    /// What they may do.
    pub actor_role: Role,
    /// When.
    pub now: Moment,
}

/// An account that an act on many is on.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MeantUser {
    /// Its number.
    pub id: i64,
    /// Whether it can be written together with others: nothing has come due for it, no date of its own
    /// lies ahead of the clock, and it is no superuser.
    pub is_ordinary: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct CountsRow {
    met: i64,
    out_of_reach: i64,
    own_account: i64,
    already: i64,
}

/// The numbers of the accounts that an act is on, in their order; how many it passes over, and how many
/// live sessions end by it.
///
/// # Errors
/// When the database does not answer.
pub async fn list_meant(on: &mut impl Sql, meant: Meant<'_>, live: &LiveByRole) -> Result<(Vec<i64>, BulkCounts)> {
    let statement = Statement(meant);
    let row: CountsRow =
        on_engine!(on, |c| in_time(statement.count_passed_over().build_query_as().fetch_one(c)).await)?;
    let ids: Vec<i64> = on_engine!(on, |c| in_time(statement.users().build_query_scalar().fetch_all(c)).await)?;
    let sessions: i64 =
        on_engine!(on, |c| in_time(statement.count_sessions(live).build_query_scalar().fetch_one(c)).await)?;
    let asked_for = match &meant.choice.scope {
        BulkScope::Ids(ids) => i64::try_from(ids.len()).unwrap_or(i64::MAX),
        BulkScope::Matching(_) => row.met,
    };
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    let counts = BulkCounts {
        users: u64::try_from(ids.len()).unwrap_or(u64::MAX),
        whom: digest_of(&ids),
        includes_actor: meant.actor_id.is_some_and(|id| ids.binary_search(&id).is_ok()),
        sessions: count(sessions),
        out_of_reach: count(row.out_of_reach),
        own_account: count(row.own_account),
        already: count(row.already),
        missing: count(asked_for - row.met),
    };
    Ok((ids, counts))
}

/// The greatest number that an account has.
///
/// # Errors
/// When the database does not answer.
pub async fn get_greatest_user_id(on: &mut impl Sql) -> Result<i64> {
    let (id,): (i64,) = fetch_one!(on, (i64,), "SELECT COALESCE(MAX(id), 0) FROM users")?;
    Ok(id)
}

/// Locks those accounts for a change, in the order of their numbers; gives those that the act is still on.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_meant(on: &mut impl Sql, meant: Meant<'_>, ids: &[i64]) -> Result<Vec<MeantUser>> {
    if let Engine::Postgres(connection) = on.engine() {
        let sql = "SELECT 1 FROM users WHERE id = ANY($1) ORDER BY id FOR UPDATE";
        in_time(sqlx::query(sql).bind(ids).execute(connection)).await?;
    }
    let statement = Statement(meant);
    Ok(on_engine!(on, |c| in_time(statement.users_of(ids).build_query_as().fetch_all(c)).await)?)
}

/// Has each node forget those accounts and report it as that of one event.
///
/// # Errors
/// When the database does not answer.
pub async fn ask_for_receipts_of_many(on: &mut impl Sql, ids: &[i64], event_id: i64) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[i64], event_id: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("INSERT INTO standing_changes (user_id, event_id) SELECT id, ");
        DB::bind_number(&mut sql, event_id);
        sql.push(" FROM users WHERE id");
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    on_engine!(on, |c| in_time(statement(ids, event_id).build().execute(c)).await.map(drop))?;
    Ok(())
}
