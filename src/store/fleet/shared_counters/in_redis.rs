//! The counters in Redis, with optimistic locking: read, changed here, and written back unless they changed meanwhile.

use std::{sync::Arc, time::Duration};

use redis::{ErrorKind, RedisError, RedisResult, Script, aio::ConnectionManager};

use super::Changed;
use crate::store::fleet::redis_link::{RedisLink, with_timeout};

/// The prefix of our keys, since other programs may use the same Redis.
const PREFIX: &str = "curfew:counter:";
/// At most this many attempts. Each failed one means that another writer succeeded.
const MAX_ATTEMPTS: usize = 200;
/// Writes all counters if each still has the text that was read. An empty text stands for no counter.
const WRITE: &str = "
    for i, key in ipairs(KEYS) do
        if (redis.call('GET', key) or '') ~= ARGV[3 * i - 2] then return 0 end
    end
    for i, key in ipairs(KEYS) do
        if ARGV[3 * i - 1] == '' then redis.call('DEL', key)
        else redis.call('SET', key, ARGV[3 * i - 1], 'PX', ARGV[3 * i]) end
    end
    return 1";

/// The counters in Redis. Clones share the connection.
#[derive(Debug, Clone)]
pub(super) struct InRedis {
    link: RedisLink,
    write: Arc<Script>,
}

impl InRedis {
    pub(super) fn new(link: RedisLink) -> Self {
        Self { link, write: Arc::new(Script::new(WRITE)) }
    }

    /// Returns `None` if Redis does not respond.
    pub(super) async fn change<R>(
        &self,
        names: &[String],
        change: &impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> Option<R> {
        self.link.ask(async |connection| self.try_change(connection, names, change).await).await
    }

    async fn try_change<R>(
        &self,
        connection: &mut ConnectionManager,
        names: &[String],
        change: &impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> RedisResult<R> {
        let keys: Vec<String> = names.iter().map(|name| format!("{PREFIX}{name}")).collect();
        for _ in 0..MAX_ATTEMPTS {
            let mut read = redis::pipe();
            read.cmd("TIME").cmd("MGET").arg(&keys);
            let response = read.query_async(connection);
            let ((seconds, micros), texts): ((i64, i64), Vec<Option<String>>) = with_timeout(response).await?;
            let (result, changed) = change(seconds * 1_000_000 + micros, &texts);
            let Some(changed) = changed else { return Ok(result) };
            let mut write = self.write.prepare_invoke();
            for ((key, before), after) in keys.iter().zip(&texts).zip(&changed) {
                write.key(key).arg(before.as_deref().unwrap_or_default());
                write.arg(after.as_ref().map_or("", |kept| &kept.text));
                let kept_for = after.as_ref().map_or(Duration::ZERO, |kept| kept.kept_for);
                write.arg(u64::try_from(kept_for.as_millis()).unwrap_or(u64::MAX).max(1));
            }
            if with_timeout(write.invoke_async(connection)).await? {
                return Ok(result);
            }
        }
        Err(RedisError::from((ErrorKind::Client, "every attempt conflicted with another writer")))
    }
}
