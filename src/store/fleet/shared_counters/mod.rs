//! Small counters that all nodes share, each a text under a name: in Redis where there is one,
//! otherwise in Postgres. On SQLite without Redis nothing is shared.
//!
//! They only hold people back. Redis may lose them, and no login depends on what it says.

mod in_postgres;
mod in_redis;

use std::time::Duration;

use sqlx::PgPool;

use self::in_redis::InRedis;
use super::redis_link::RedisLink;
use crate::{
    domain::moment::Moment,
    store::{Result, Sql, Store, Trust, engine::execute},
};

/// What becomes of a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its text.
    pub text: String,
    /// After which it may be forgotten.
    pub kept_for: Duration,
}

/// What a change makes of the counters it was given: nothing, or each of them anew, where none is one
/// to be forgotten.
pub type Changed = Option<Vec<Option<Kept>>>;

/// Where the counters are. Cloning it shares its connections.
#[derive(Debug, Clone)]
pub struct SharedCounters {
    redis: Option<InRedis>,
    postgres: Option<(PgPool, Trust)>,
}

impl SharedCounters {
    /// None where there is no place to share them. Redis need not answer yet.
    #[must_use]
    pub fn of(store: &Store, redis: Option<RedisLink>) -> Option<Self> {
        let postgres = match store {
            Store::Postgres { pool, trust, .. } => Some((pool.clone(), trust.clone())),
            Store::Sqlite { .. } => None,
        };
        let redis = redis.map(InRedis::by);
        let is_somewhere = redis.is_some() || postgres.is_some();
        is_somewhere.then_some(Self { redis, postgres })
    }

    /// Changes the counters of those names together, so that no other change comes in between.
    ///
    /// `change` is given the time in microseconds by one clock for all nodes, and the counters in the
    /// order of the names, which must be sorted; it may be asked more than once. The answer is none
    /// where Redis is gone and there is no other place.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn change<R>(
        &self,
        names: &[String],
        change: impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> Result<Option<R>> {
        if let Some(redis) = &self.redis
            && let Some(result) = redis.change(names, &change).await
        {
            return Ok(Some(result));
        }
        match &self.postgres {
            Some((pool, trust)) => {
                trust.must_be_held()?;
                in_postgres::change(pool, names, &change).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

/// Forgets at most so many of the counters in the database that count for nothing any more; says how
/// many.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_counters(on: &mut impl Sql, now: Moment, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_shared_counters
        WHERE name IN (SELECT name FROM curfew_shared_counters WHERE kept_until <= $1 ORDER BY kept_until LIMIT $2)";
    Ok(execute!(on, sql, now, limit)?)
}
