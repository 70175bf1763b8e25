//! The counters in Redis: read, changed here, and written back if nobody was faster.

use std::{sync::Arc, time::Duration};

use redis::{ErrorKind, RedisError, RedisResult, Script, aio::ConnectionManager};

use super::Changed;
use crate::store::fleet::redis_link::{RedisLink, in_time};

/// What is ours in a Redis that others use too.
const PREFIX: &str = "curfew:counter:";
/// How often it is tried again because somebody was faster; each time one of them got through.
const TRIES: usize = 200;
/// Writes all of them if each is still what it was read as; an empty text is none.
const WRITE: &str = "
    for i, key in ipairs(KEYS) do
        if (redis.call('GET', key) or '') ~= ARGV[3 * i - 2] then return 0 end
    end
    for i, key in ipairs(KEYS) do
        if ARGV[3 * i - 1] == '' then redis.call('DEL', key)
        else redis.call('SET', key, ARGV[3 * i - 1], 'PX', ARGV[3 * i]) end
    end
    return 1";

/// The counters there. Cloning it shares the connection.
#[derive(Debug, Clone)]
pub(super) struct InRedis {
    link: RedisLink,
    write: Arc<Script>,
}

impl InRedis {
    pub(super) fn by(link: RedisLink) -> Self {
        Self { link, write: Arc::new(Script::new(WRITE)) }
    }

    /// None where Redis does not answer.
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
        for _ in 0..TRIES {
            let mut read = redis::pipe();
            read.cmd("TIME").cmd("MGET").arg(&keys);
            let asking = read.query_async(connection);
            let ((seconds, micros), texts): ((i64, i64), Vec<Option<String>>) = in_time(asking).await?;
            let (result, changed) = change(seconds * 1_000_000 + micros, &texts);
            let Some(changed) = changed else { return Ok(result) };
            let mut write = self.write.prepare_invoke();
            for ((key, before), after) in keys.iter().zip(&texts).zip(&changed) {
                write.key(key).arg(before.as_deref().unwrap_or_default());
                write.arg(after.as_ref().map_or("", |kept| &kept.text));
                let kept_for = after.as_ref().map_or(Duration::ZERO, |kept| kept.kept_for);
                write.arg(u64::try_from(kept_for.as_millis()).unwrap_or(u64::MAX).max(1));
            }
            if in_time(write.invoke_async(connection)).await? {
                return Ok(result);
            }
        }
        Err(RedisError::from((ErrorKind::Client, "others were faster each time")))
    }
}
