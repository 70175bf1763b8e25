//! Which token an opaque secret is the key to: from memory, from Redis, or from the database.
//!
//! This only finds the token. Whether it is good is judged each time from its standing, which also holds
//! the hash that the secret must have: so what is here may be old, or be lost, and lets nobody in.

use std::{fmt, sync::Arc, time::Duration};

use chrono::DateTime;
use data_encoding::BASE64URL_NOPAD;
use quick_cache::sync::Cache;
use redis::{AsyncCommands as _, RedisResult, SetExpiry, SetOptions};

use super::{TokenKey, find_token_key};
use crate::{
    domain::{
        logins::session_secret::{SecretHash, SessionId},
        moment::Moment,
    },
    store::{
        Result, Store,
        fleet::redis_link::{RedisLink, in_time},
    },
};

/// The most that memory holds, about 20 MB: as many as accounts are kept there.
const KEPT: usize = 100_000;
/// What is ours in a Redis that others use too.
const PREFIX: &str = "curfew:token:";

/// The keys that were found lately. Cloning it shares them.
#[derive(Clone)]
pub struct TokenKeys(Arc<Inner>);

struct Inner {
    store: Store,
    redis: Option<RedisLink>,
    memory: Cache<[u8; 32], Arc<TokenKey>>,
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKeys")
    }
}

impl TokenKeys {
    /// The keys of that database; where there is a Redis, all nodes share in it what one of them found.
    #[must_use]
    pub fn of(store: Store, redis: Option<RedisLink>) -> Self {
        Self(Arc::new(Inner { store, redis, memory: Cache::new(KEPT) }))
    }

    /// What a secret of that hash is the key to, as it was found lately.
    ///
    /// # Errors
    /// When it was not, and the database does not answer.
    pub async fn find(&self, hash: &SecretHash) -> Result<Option<Arc<TokenKey>>> {
        if let Some(key) = self.0.memory.get(&hash.to_array()) {
            return Ok(Some(key));
        }
        if let Some(key) = self.find_in_redis(hash).await {
            let key = Arc::new(key);
            self.0.memory.insert(hash.to_array(), Arc::clone(&key));
            return Ok(Some(key));
        }
        self.find_in_database(hash).await
    }

    /// The same, as the database has it: to be asked before anybody is refused.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_in_database(&self, hash: &SecretHash) -> Result<Option<Arc<TokenKey>>> {
        let mut on = self.0.store.read().await?;
        let Some(key) = find_token_key(&mut on, hash).await? else {
            self.0.memory.remove(&hash.to_array());
            return Ok(None);
        };
        drop(on);
        let key = Arc::new(key);
        self.0.memory.insert(hash.to_array(), Arc::clone(&key));
        self.put_in_redis(hash, &key).await;
        Ok(Some(key))
    }

    async fn find_in_redis(&self, hash: &SecretHash) -> Option<TokenKey> {
        let name = name_of(hash);
        let text: Option<String> = self
            .0
            .redis
            .as_ref()?
            .ask(async |connection| match in_time(connection.get(&name)).await {
                // Somebody else's, under our name.
                Err(error) if error.code() == Some("WRONGTYPE") => Ok(None),
                answer => answer,
            })
            .await?;
        read(&text?)
    }

    /// Until the token ends by itself; one that has is not kept.
    async fn put_in_redis(&self, hash: &SecretHash, key: &TokenKey) {
        let Some(redis) = &self.0.redis else { return };
        let left = (key.expires_at - self.0.store.clock().estimate()).to_std().unwrap_or_default();
        if left < Duration::from_secs(1) {
            return;
        }
        let options = SetOptions::default().with_expiration(SetExpiry::EX(left.as_secs()));
        let (name, text) = (name_of(hash), written(key));
        redis
            .ask(async |connection| -> RedisResult<()> { in_time(connection.set_options(&name, &text, options)).await })
            .await;
    }
}

fn name_of(hash: &SecretHash) -> String {
    format!("{PREFIX}{}", BASE64URL_NOPAD.encode(hash.as_bytes()))
}

fn written(key: &TokenKey) -> String {
    let TokenKey { user_id, id, login_date, expires_at } = key;
    format!("{user_id} {} {} {}", id.as_str(), login_date.timestamp_micros(), expires_at.timestamp_micros())
}

fn read(text: &str) -> Option<TokenKey> {
    let moment = |micros: &str| -> Option<Moment> { DateTime::from_timestamp_micros(micros.parse().ok()?) };
    let mut words = text.split(' ');
    let mut next = || words.next();
    Some(TokenKey {
        user_id: next()?.parse().ok()?,
        id: SessionId::parse(next()?)?,
        login_date: moment(next()?)?,
        expires_at: moment(next()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let moment = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let id = SessionId::from_random([3; 10]);
        let key = TokenKey { user_id: 7, id, login_date: moment(1_700_000_000_123_456), expires_at: moment(9) };
        assert_eq!(read(&written(&key)), Some(key));
        for text in ["", "7", "x y z", "7 aaaa 1 2", "7 amaygaydamaygayd 1", "7 amaygaydamaygayd x 2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
