//! Accepted logins by account, bounded, each as the database had it.
//!
//! The race of old: read what is old, hear of the change, keep what is old. So whoever reads takes
//! the generation first, each change moves it on, and what was read under another is not kept.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;

use crate::{
    domain::{logins::session_secret::SessionId, moment::Moment},
    store::standing::LoginStanding,
};

/// Apart, so that those who ask seldom wait for one another.
const SHARDS: usize = 16;
/// The most accounts of one shard, 100,000 in all; those that were not asked for longest make room.
const ACCOUNTS_PER_SHARD: NonZeroUsize = NonZeroUsize::new(6_250).unwrap();
/// The most sessions of one account; the one that was read first makes room.
const SESSIONS_PER_ACCOUNT: usize = 32;
/// After this long a login is read again, so that what ends none is not stale for ever, such as when
/// its person was seen from another node.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// The accepted logins.
#[derive(Debug)]
pub(super) struct Cache {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug)]
struct Shard {
    generation: u64,
    accounts: LruCache<i64, Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    session: SessionId,
    standing: Arc<LoginStanding>,
    read_at: Instant,
}

impl Default for Cache {
    fn default() -> Self {
        let shard = |_| Mutex::new(Shard { generation: 0, accounts: LruCache::new(ACCOUNTS_PER_SHARD) });
        Self { shards: std::array::from_fn(shard) }
    }
}

impl Cache {
    /// What is known of a login.
    pub(super) fn get(&self, user_id: i64, session: &SessionId) -> Option<Arc<LoginStanding>> {
        let mut shard = self.shard(user_id);
        let known = shard.accounts.get(&user_id)?.iter().find(|known| known.session == *session)?;
        (known.read_at.elapsed() < KEPT_FOR).then(|| Arc::clone(&known.standing))
    }

    /// To be taken before a login of that account is read from the database.
    pub(super) fn generation(&self, user_id: i64) -> u64 {
        self.shard(user_id).generation
    }

    /// Keeps what was read, unless something has changed since.
    pub(super) fn put(&self, user_id: i64, session: &SessionId, standing: Arc<LoginStanding>, generation: u64) {
        let mut shard = self.shard(user_id);
        if shard.generation != generation {
            return;
        }
        let known = shard.accounts.get_or_insert_mut(user_id, Vec::new);
        // Its other sessions have the account as it was before, say before this login.
        known.retain(|other| other.session != *session && has_same_account(&other.standing, &standing));
        if known.len() >= SESSIONS_PER_ACCOUNT {
            known.remove(0);
        }
        known.push(Known { session: session.clone(), standing, read_at: Instant::now() });
    }

    /// Notes that a session's person was seen, which no change tells.
    pub(super) fn seen(&self, user_id: i64, session: &SessionId, at: Moment) {
        let mut shard = self.shard(user_id);
        let Some(known) = shard.accounts.get_mut(&user_id) else { return };
        for known in known.iter_mut().filter(|known| known.session == *session) {
            if let Some(login) = &mut Arc::make_mut(&mut known.standing).login {
                login.state.last_seen = login.state.last_seen.max(at);
            }
        }
    }

    /// Forgets an account, and what is just being read of it.
    pub(super) fn forget(&self, user_id: i64) {
        let mut shard = self.shard(user_id);
        shard.generation += 1;
        shard.accounts.pop(&user_id);
    }

    /// Forgets all of them.
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

/// Nothing that is done under the lock can panic half-way.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn has_same_account(one: &LoginStanding, other: &LoginStanding) -> bool {
    let last_login = |standing: &LoginStanding| standing.account.as_ref().and_then(|account| account.last_login);
    last_login(one) == last_login(other)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
