//! The counters in Redis: read, changed here, and written back if nobody was faster.

use std::{sync::Arc, time::Duration};

use redis::{
    Client, ErrorKind, RedisError, RedisResult, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use rocket::tokio::{sync::OnceCell, time::timeout};

use super::Changed;
use crate::{
    settings::RedisAddress,
    store::{Result, StoreError},
};

/// How long Redis may take before it counts as gone: a login waits for it.
const TIMEOUT: Duration = Duration::from_millis(500);
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

/// A connection that mends itself, made when it is first used. Cloning it shares it.
#[derive(Clone)]
pub(super) struct InRedis(Arc<Inner>);

struct Inner {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    write: Script,
}

impl std::fmt::Debug for InRedis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InRedis") // its address may hold a password
    }
}

impl InRedis {
    pub(super) fn at(address: &RedisAddress) -> Result<Self> {
        let client = Client::open(address.reveal())
            .map_err(|_| StoreError::Unreadable("the address of Redis: redis://HOST:PORT is the form".to_owned()))?;
        Ok(Self(Arc::new(Inner { client, connection: OnceCell::new(), write: Script::new(WRITE) })))
    }

    pub(super) async fn change<R>(
        &self,
        names: &[String],
        change: &impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> RedisResult<R> {
        let mut connection = self.connection().await?;
        let keys: Vec<String> = names.iter().map(|name| format!("{PREFIX}{name}")).collect();
        for _ in 0..TRIES {
            let mut read = redis::pipe();
            read.cmd("TIME").cmd("MGET").arg(&keys);
            let asking = read.query_async(&mut connection);
            let ((seconds, micros), texts): ((i64, i64), Vec<Option<String>>) = in_time(asking).await?;
            let (result, changed) = change(seconds * 1_000_000 + micros, &texts);
            let Some(changed) = changed else { return Ok(result) };
            let mut write = self.0.write.prepare_invoke();
            for ((key, before), after) in keys.iter().zip(&texts).zip(&changed) {
                write.key(key).arg(before.as_deref().unwrap_or_default());
                write.arg(after.as_ref().map_or("", |kept| &kept.text));
                let kept_for = after.as_ref().map_or(Duration::ZERO, |kept| kept.kept_for);
                write.arg(u64::try_from(kept_for.as_millis()).unwrap_or(u64::MAX).max(1));
            }
            if in_time(write.invoke_async(&mut connection)).await? {
                return Ok(result);
            }
        }
        Err(RedisError::from((ErrorKind::Client, "others were faster each time")))
    }

    async fn connection(&self) -> RedisResult<ConnectionManager> {
        let connecting = self.0.connection.get_or_try_init(|| {
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(1)
                .set_connection_timeout(Some(TIMEOUT))
                .set_response_timeout(Some(TIMEOUT));
            ConnectionManager::new_with_config(self.0.client.clone(), config)
        });
        in_time(connecting).await.cloned()
    }
}

async fn in_time<T>(asking: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let silence = || RedisError::from((ErrorKind::Io, "no answer in time"));
    timeout(TIMEOUT, asking).await.unwrap_or_else(|_| Err(silence()))
}
