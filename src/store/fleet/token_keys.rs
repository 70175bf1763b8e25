//! Finds the token that an opaque secret belongs to: in memory, in Redis, or in the database.
//!
//! This only finds the token. Every request still judges the token by its standing, which also holds the hash that
//! the secret must have. So an outdated or lost entry here lets nobody in.

use std::{fmt, sync::Arc, time::Duration};

use chrono::DateTime;
use data_encoding::BASE64URL_NOPAD;
use quick_cache::sync::Cache;

use super::redis_link::RedisLink;
use crate::{
    domain::{
        logins::{public_id::PublicId, session_secret::SecretHash},
        moment::Moment,
    },
    store::{
        Result, Store,
        logins::{TokenKey, find_token_key},
    },
};

/// The most entries in memory, about 20 MB. The standing cache holds as many accounts.
const MEMORY_CAPACITY: usize = 100_000;
/// The prefix of our keys: other programs may use the same Redis.
const REDIS_PREFIX: &str = "curfew:token:";

/// A cache of recently found tokens. Clones share it.
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
    /// A cache in front of this database. Nodes share their entries through Redis, if there is one.
    #[must_use]
    pub fn of(store: Store, redis: Option<RedisLink>) -> Self {
        Self(Arc::new(Inner { store, redis, memory: Cache::new(MEMORY_CAPACITY) }))
    }

    /// Finds the token whose secret has this hash, from the caches if possible.
    ///
    /// # Errors
    /// Returns an error if no cache has the token and the database does not respond.
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

    /// Finds the token in the database, bypassing the caches. Call this before refusing a request.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
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
        parse(&self.0.redis.as_ref()?.get_text(&redis_key(hash)).await?)
    }

    /// Stores an entry that expires with the token. An expired token is not stored.
    async fn put_in_redis(&self, hash: &SecretHash, key: &TokenKey) {
        let Some(redis) = &self.0.redis else { return };
        let remaining = (key.expires_at - self.0.store.clock().estimate()).to_std().unwrap_or_default();
        if remaining < Duration::from_secs(1) {
            return;
        }
        redis.put_text(&redis_key(hash), &to_text(key), remaining).await;
    }
}

fn redis_key(hash: &SecretHash) -> String {
    format!("{REDIS_PREFIX}{}", BASE64URL_NOPAD.encode(hash.as_bytes()))
}

fn to_text(key: &TokenKey) -> String {
    let TokenKey { user_id, id, login_date, expires_at } = key;
    format!("{user_id} {} {} {}", id.as_str(), login_date.timestamp_micros(), expires_at.timestamp_micros())
}

fn parse(text: &str) -> Option<TokenKey> {
    let moment = |micros: &str| -> Option<Moment> { DateTime::from_timestamp_micros(micros.parse().ok()?) };
    let mut fields = text.split(' ');
    let mut next = || fields.next();
    Some(TokenKey {
        user_id: next()?.parse().ok()?,
        id: PublicId::parse(next()?)?,
        login_date: moment(next()?)?,
        expires_at: moment(next()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_key_parses_back_to_itself() {
        let moment = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let id = PublicId::from_random([3; 10]);
        let key = TokenKey { user_id: 7, id, login_date: moment(1_700_000_000_123_456), expires_at: moment(9) };
        assert_eq!(parse(&to_text(&key)), Some(key));
        for text in ["", "7", "x y z", "7 aaaa 1 2", "7 amaygaydamaygayd 1", "7 amaygaydamaygayd x 2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
