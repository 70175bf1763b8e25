//! Counters that all nodes share, each a text under a name: in Redis if it is configured, otherwise in Postgres. On
//! SQLite without Redis, nothing is shared.
//!
//! Use them for throttling only: Redis may lose them, so whether a login is good must never depend on them.

#[cfg(feature = "postgres")]
mod in_postgres;
#[cfg(not(feature = "postgres"))]
#[path = "without_postgres.rs"]
mod in_postgres;
#[cfg(feature = "redis")]
mod in_redis;
#[cfg(not(feature = "redis"))]
#[path = "without_redis.rs"]
mod in_redis;

use std::{sync::Arc, time::Duration};

use rocket::{futures::TryFutureExt as _, tokio::sync::Semaphore};

use self::{in_postgres::InPostgres, in_redis::InRedis};
use super::redis_link::RedisLink;
use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql, Store,
        engine::{execute, with_timeout},
    },
};

/// A counter to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The counter's text.
    pub text: String,
    /// How long to keep it, at least.
    pub kept_for: Duration,
}

/// The new counters. `None` leaves all counters as they are. Otherwise there is one entry per counter, and a `None`
/// entry deletes its counter.
pub type Changed = Option<Vec<Option<Kept>>>;

/// Access to the counters. Clones share the connections.
#[derive(Debug, Clone)]
pub struct SharedCounters {
    redis: Option<InRedis>,
    postgres: Option<InPostgres>,
    /// At most half of the connections wait for counters. A crowd waits for the same ones, and would leave none to others.
    turns: Arc<Semaphore>,
}

impl SharedCounters {
    /// Returns `None` if there is neither Redis nor Postgres. Redis need not run yet.
    #[must_use]
    pub fn of(store: &Store, redis: Option<RedisLink>) -> Option<Self> {
        let postgres = InPostgres::of(store);
        let redis = redis.map(InRedis::new);
        let is_shared = redis.is_some() || postgres.is_some();
        let connections = postgres.as_ref().map_or(1, InPostgres::max_connections);
        let turns = Arc::new(Semaphore::new((connections / 2).max(1) as usize));
        is_shared.then_some(Self { redis, postgres, turns })
    }

    /// Changes the counters with these names atomically. The names must be sorted.
    ///
    /// `change` receives the time in microseconds, by one clock for all nodes, and the counters in the order of the
    /// names. It may be called more than once. Returns `None` if Redis does not respond and there is no Postgres.
    ///
    /// # Errors
    /// Returns an error if Postgres does not respond.
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
            Some(postgres) => {
                postgres.must_be_trusted()?;
                let _turn = with_timeout(self.turns.acquire().map_err(|_| sqlx::Error::PoolClosed)).await?;
                postgres.change(names, &change).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

/// Deletes at most `limit` expired counters from the database, and returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_counters(on: &mut dyn Sql, now: Moment, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_shared_counters
        WHERE name IN (SELECT name FROM curfew_shared_counters WHERE kept_until <= $1 ORDER BY kept_until LIMIT $2)";
    Ok(execute!(on, sql, now, limit)?)
}
