//! The connection to Redis: made when it is first used, mended by itself, and left alone for a while when
//! it does not answer. Nothing that is in Redis is needed: each user of it goes on without.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    Client, ErrorKind, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use rocket::tokio::{sync::OnceCell, time::timeout};

use crate::{
    settings::RedisAddress,
    store::{Result, StoreError, schema::properties::what_redis_may_lose},
};

/// How long Redis may take before it counts as gone: a login waits for it.
const TIMEOUT: Duration = Duration::from_millis(500);
/// How long Redis is left alone when it did not answer: not every login has to wait for its silence.
pub const REDIS_RESTS: Duration = Duration::from_secs(2);

/// A connection to Redis. Cloning it shares it.
#[derive(Clone)]
pub struct RedisLink(Arc<Inner>);

struct Inner {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    /// Until when it is left alone; none while it answers.
    rests: Mutex<Option<Instant>>,
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisLink") // its address may hold a password
    }
}

impl RedisLink {
    /// A link to there. Redis need not answer yet.
    ///
    /// # Errors
    /// When the address is one that cannot be read.
    pub fn to(address: &RedisAddress) -> Result<Self> {
        let client = Client::open(address.reveal())
            .map_err(|_| StoreError::Unreadable("the address of Redis: redis://HOST:PORT is the form".to_owned()))?;
        Ok(Self(Arc::new(Inner { client, connection: OnceCell::new(), rests: Mutex::default() })))
    }

    /// Asks Redis, unless it is left alone; none where there is no answer.
    pub(in crate::store) async fn ask<T>(
        &self,
        asking: impl AsyncFnOnce(&mut ConnectionManager) -> RedisResult<T>,
    ) -> Option<T> {
        if self.rests().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let answer = match self.connection().await {
            Ok(mut connection) => asking(&mut connection).await,
            Err(error) => Err(error),
        };
        self.tell(answer.as_ref().err());
        answer.ok()
    }

    /// Warns of what is set there so that it loses what nodes count. Where Redis does not answer, that is said already.
    pub async fn warn_of_its_settings(&self) {
        let info: Option<String> = self.ask(async |connection| redis::cmd("INFO").query_async(connection).await).await;
        for warning in what_redis_may_lose(&info.unwrap_or_default()) {
            log::warn!("{warning}");
        }
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

    fn rests(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Once when it goes, and once when it is back.
    fn tell(&self, error: Option<&RedisError>) {
        let before = std::mem::replace(&mut *self.rests(), error.map(|_| Instant::now() + REDIS_RESTS));
        match (error, before.is_some()) {
            (Some(error), false) => log::warn!("Redis does not answer; what it is for is done without it: {error}"),
            (None, true) => log::info!("Redis answers again"),
            _ => {}
        }
    }
}

/// Waits for an answer of Redis, for as long as it may take.
pub(in crate::store) async fn in_time<T>(asking: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let silence = || RedisError::from((ErrorKind::Io, "no answer in time"));
    timeout(TIMEOUT, asking).await.unwrap_or_else(|_| Err(silence()))
}
