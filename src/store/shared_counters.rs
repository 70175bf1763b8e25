//! Small counters that all nodes share, each a text under a name: in Redis where there is one,
//! otherwise in Postgres. On SQLite without Redis nothing is shared.
//!
//! They only hold people back. Redis may lose them, and no login depends on what it says.

mod in_postgres;
mod in_redis;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::PgPool;

use self::in_redis::InRedis;
use super::{Result, Sql, Store, engine::execute};
use crate::{domain::moment::Moment, settings::RedisAddress};

/// How long Redis is left alone when it did not answer: not every login has to wait for its silence.
pub const REDIS_RESTS: Duration = Duration::from_secs(2);

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
    postgres: Option<PgPool>,
    /// Until when it is left alone; none while it answers.
    redis_rests: Arc<Mutex<Option<Instant>>>,
}

impl SharedCounters {
    /// None where there is no place to share them. Redis need not answer yet.
    ///
    /// # Errors
    /// When the address of Redis is one that cannot be read.
    pub fn of(store: &Store, redis: Option<&RedisAddress>) -> Result<Option<Self>> {
        let postgres = match store {
            Store::Postgres { pool, .. } => Some(pool.clone()),
            Store::Sqlite { .. } => None,
        };
        let redis = redis.map(InRedis::at).transpose()?;
        let is_somewhere = redis.is_some() || postgres.is_some();
        Ok(is_somewhere.then(|| Self { redis, postgres, redis_rests: Arc::default() }))
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
        if let Some(redis) = self.redis.as_ref().filter(|_| self.rest().is_none_or(|until| until <= Instant::now())) {
            let changed = redis.change(names, &change).await;
            self.tell_of_redis(changed.as_ref().err());
            if let Ok(result) = changed {
                return Ok(Some(result));
            }
        }
        match &self.postgres {
            Some(pool) => in_postgres::change(pool, names, &change).await.map(Some),
            None => Ok(None),
        }
    }

    fn rest(&self) -> MutexGuard<'_, Option<Instant>> {
        self.redis_rests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Once when it goes, and once when it is back.
    fn tell_of_redis(&self, error: Option<&redis::RedisError>) {
        let before = std::mem::replace(&mut *self.rest(), error.map(|_| Instant::now() + REDIS_RESTS));
        match (error, before.is_some()) {
            (Some(error), false) => log::warn!("Redis does not answer; failed logins are counted without it: {error}"),
            (None, true) => log::info!("Redis answers again"),
            _ => {}
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
        DELETE FROM shared_counters
        WHERE name IN (SELECT name FROM shared_counters WHERE kept_until <= $1 ORDER BY kept_until LIMIT $2)";
    Ok(execute!(on, sql, now, limit)?)
}
