//! The connection to Redis: opened on first use, reconnected automatically, and paused after a failure.
//!
//! Every caller must work without Redis: it may not respond, and it may lose its data.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    AsyncCommands as _, Client, ErrorKind, RedisError, RedisResult, SetExpiry, SetOptions,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use rocket::tokio::{sync::OnceCell, time::timeout};

use super::redis_warnings::redis_warnings;
use crate::{
    settings::RedisAddress,
    store::{Result, StoreError},
};

/// How long to wait for Redis. It is short because a login waits for it.
const TIMEOUT: Duration = Duration::from_millis(500);
/// How long Redis is not used after a failure, so that not every login waits for its timeout.
pub const REDIS_PAUSE: Duration = Duration::from_secs(2);

/// A connection to Redis, which its clones share.
#[derive(Clone)]
pub struct RedisLink(Arc<Inner>);

struct Inner {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    /// Until when Redis is not used; none while it responds.
    paused_until: Mutex<Option<Instant>>,
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisLink") // the address may hold a password
    }
}

impl RedisLink {
    /// A link to this address. Redis need not run yet.
    ///
    /// # Errors
    /// Returns an error if the address is malformed.
    pub fn to(address: &RedisAddress) -> Result<Self> {
        let client = Client::open(address.reveal())
            .map_err(|_| StoreError::Unreadable("malformed Redis address; use redis://HOST:PORT".to_owned()))?;
        Ok(Self(Arc::new(Inner { client, connection: OnceCell::new(), paused_until: Mutex::default() })))
    }

    /// Sends commands to Redis, unless it is paused. Returns `None` if Redis does not respond.
    pub(in crate::store) async fn ask<T>(
        &self,
        commands: impl AsyncFnOnce(&mut ConnectionManager) -> RedisResult<T>,
    ) -> Option<T> {
        if self.paused_until().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let answer = match self.connection().await {
            Ok(mut connection) => commands(&mut connection).await,
            Err(error) => Err(error),
        };
        self.set_pause(answer.as_ref().err());
        answer.ok()
    }

    /// Gets the text under a key. Returns `None` if there is none, or if Redis does not respond.
    pub(in crate::store) async fn get_text(&self, key: &str) -> Option<String> {
        self.ask(async |connection| match with_timeout(connection.get(key)).await {
            // Another program's value under our key.
            Err(error) if error.code() == Some("WRONGTYPE") => Ok(None),
            answer => answer,
        })
        .await?
    }

    /// Stores a text under a key for this time, in whole seconds. If Redis does not respond, the log already says so.
    pub(in crate::store) async fn put_text(&self, key: &str, text: &str, kept_for: Duration) {
        let options = SetOptions::default().with_expiration(SetExpiry::EX(kept_for.as_secs()));
        self.ask(async |connection| -> RedisResult<()> {
            with_timeout(connection.set_options(key, text, options)).await
        })
        .await;
    }

    /// Warns of Redis settings that lose the shared counters. If Redis does not respond, the log already says so.
    pub async fn warn_of_lossy_settings(&self) {
        let info: Option<String> = self.ask(async |connection| redis::cmd("INFO").query_async(connection).await).await;
        for warning in redis_warnings(&info.unwrap_or_default()) {
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
        with_timeout(connecting).await.cloned()
    }

    fn paused_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pauses Redis after an error. Logs once when Redis fails, and once when it recovers.
    fn set_pause(&self, error: Option<&RedisError>) {
        let before = std::mem::replace(&mut *self.paused_until(), error.map(|_| Instant::now() + REDIS_PAUSE));
        match (error, before.is_some()) {
            (Some(error), false) => log::warn!("Redis does not respond; continuing without it: {error}"),
            (None, true) => log::info!("Redis responds again"),
            _ => {}
        }
    }
}

/// Waits for a response of Redis, at most [`TIMEOUT`].
pub(in crate::store) async fn with_timeout<T>(response: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let timed_out = || RedisError::from((ErrorKind::Io, "timed out"));
    timeout(TIMEOUT, response).await.unwrap_or_else(|_| Err(timed_out()))
}
