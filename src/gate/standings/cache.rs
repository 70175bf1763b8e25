//! A bounded cache of accepted logins, grouped by account.
//!
//! A caller must take the generation *before* it reads a login from the database, and pass it to [`Cache::put`].
//! Each invalidation increments the generation, and `put` drops a login that was read under an older one.
//! Otherwise a slow reader could read the old row, miss the invalidation, and cache the old row.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;

use crate::{
    domain::{logins::public_id::PublicId, moment::Moment},
    store::standing::LoginStanding,
};

/// Each shard has its own lock, so that requests rarely wait for each other.
const SHARDS: usize = 16;
/// At most this many accounts per shard, 100,000 in all. The least recently used account is evicted.
const ACCOUNTS_PER_SHARD: NonZeroUsize = NonZeroUsize::new(6_250).unwrap();
/// At most this many logins per account. The one that was read first is evicted.
const LOGINS_PER_ACCOUNT: usize = 32;
/// How long a login stays cached. Nothing invalidates an entry when a change ends no login, such as a last-seen time that
/// another node wrote. This limits how stale an entry gets.
const ENTRY_LIFETIME: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Cache {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug)]
struct Shard {
    generation: u64,
    accounts: LruCache<i64, Vec<CachedLogin>>,
}

#[derive(Debug)]
struct CachedLogin {
    session: PublicId,
    standing: LoginStanding,
    cached_at: Instant,
}

impl Default for Cache {
    fn default() -> Self {
        let shard = |_| Mutex::new(Shard { generation: 0, accounts: LruCache::new(ACCOUNTS_PER_SHARD) });
        Self { shards: std::array::from_fn(shard) }
    }
}

impl Cache {
    /// The cached login, if it is younger than [`ENTRY_LIFETIME`].
    pub(super) fn get(&self, user_id: i64, session: &PublicId) -> Option<LoginStanding> {
        let mut shard = self.shard(user_id);
        let login = shard.accounts.get(&user_id)?.iter().find(|login| login.session == *session)?;
        (login.cached_at.elapsed() < ENTRY_LIFETIME).then(|| login.standing.clone())
    }

    /// The generation to pass to [`Cache::put`]. Take it before reading a login of the account from the database.
    pub(super) fn generation(&self, user_id: i64) -> u64 {
        self.shard(user_id).generation
    }

    /// Caches a login, unless an account of its shard was invalidated since `generation` was taken.
    pub(super) fn put(&self, user_id: i64, session: &PublicId, standing: LoginStanding, generation: u64) {
        let mut shard = self.shard(user_id);
        if shard.generation != generation {
            return;
        }
        let logins = shard.accounts.get_or_insert_mut(user_id, Vec::new);
        // Logins that were read earlier may hold an older copy of the account, such as from before this login.
        logins.retain(|other| other.session != *session && has_same_last_login(&other.standing, &standing));
        if logins.len() >= LOGINS_PER_ACCOUNT {
            logins.remove(0);
        }
        logins.push(CachedLogin { session: session.clone(), standing, cached_at: Instant::now() });
    }

    /// Updates the time of the login's last request, which the feed does not report.
    pub(super) fn record_seen(&self, user_id: i64, session: &PublicId, at: Moment) {
        let mut shard = self.shard(user_id);
        let Some(logins) = shard.accounts.get_mut(&user_id) else { return };
        for cached in logins.iter_mut().filter(|cached| cached.session == *session) {
            if let Some(login) = &mut cached.standing.login {
                let login = Arc::make_mut(login);
                login.state.last_seen = login.state.last_seen.max(at);
            }
        }
    }

    /// Removes an account's logins, and makes [`Cache::put`] drop those that are being read right now.
    pub(super) fn invalidate(&self, user_id: i64) {
        let mut shard = self.shard(user_id);
        shard.generation += 1;
        shard.accounts.pop(&user_id);
    }

    /// Removes all logins, in the same way.
    pub(super) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.generation += 1;
            shard.accounts.clear();
        }
    }

    fn shard(&self, user_id: i64) -> MutexGuard<'_, Shard> {
        lock(&self.shards[usize::from(user_id.to_le_bytes()[0]) % SHARDS])
    }
}

/// Ignores poisoning: no code under the lock can panic halfway through a change.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn has_same_last_login(one: &LoginStanding, other: &LoginStanding) -> bool {
    let last_login = |standing: &LoginStanding| standing.account.as_ref().and_then(|account| account.last_login);
    last_login(one) == last_login(other)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
