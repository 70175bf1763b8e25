//! Links new events to the chain, so that a later change of one is found.
//!
//! Events are linked after their transaction, so that a login does not wait for the chain. One node does it at a time.

use std::{fmt, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use rocket::tokio::time::sleep;
use sha2::Sha256;

use crate::{
    accounts::{Accounts, Result},
    settings::{SecretKeys, SecretMaterial},
    store::events::chain::{
        HASH_BYTES, find_last_link, insert_links, lock_events_to_link, read::count_events_to_link, try_lock_chain,
    },
};

/// How many events one transaction links.
const BATCH: i64 = 250;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(20);
/// How often new events are linked.
const LINK_INTERVAL: Duration = Duration::from_secs(1);
/// How long the task waits after an error.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);
/// The hash before the first link.
pub(super) const NO_HASH: [u8; HASH_BYTES] = [0; HASH_BYTES];

/// The keys that seal the chain. The current key seals links, and the previous keys still verify them.
#[derive(Clone)]
pub struct ChainKeys {
    current: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
}

impl fmt::Debug for ChainKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKeys")
    }
}

impl ChainKeys {
    /// Derives the keys from the secret keys.
    #[must_use]
    pub fn new(keys: &SecretKeys) -> Self {
        let key = |secret: &SecretMaterial| Hmac::new(&secret.derive("curfew event chain").into());
        Self { current: key(&keys.current), previous: keys.previous.iter().map(key).collect() }
    }

    fn seal(&self, hash: &[u8]) -> Vec<u8> {
        self.current.clone().chain_update(hash).finalize().into_bytes().to_vec()
    }

    /// Whether one of the keys has sealed this hash.
    pub(super) fn has_sealed(&self, hash: &[u8], seal: &[u8]) -> bool {
        let mut keys = [&self.current].into_iter().chain(&self.previous);
        keys.any(|key| key.clone().chain_update(hash).verify_slice(seal).is_ok())
    }
}

impl Accounts {
    /// Links the events that have no link yet, and returns how many. Several nodes may do this at the same time: one of
    /// them does it, and the others return.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn link_events(&self, keys: &ChainKeys) -> Result<u64> {
        let mut linked = 0;
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.link_some(keys))).await? {
            linked += some;
            sleep(PAUSE).await;
        }
        Ok(linked)
    }

    async fn link_some(&self, keys: &ChainKeys) -> Result<u64> {
        if count_events_to_link(&mut self.store.read().await?).await? == 0 {
            return Ok(0);
        }
        let mut tx = self.store.begin().await?;
        if !try_lock_chain(&mut tx).await? {
            return Ok(0);
        }
        let events = lock_events_to_link(&mut tx, BATCH).await?;
        if events.is_empty() {
            return Ok(0);
        }
        let last = find_last_link(&mut tx).await?.unwrap_or((0, NO_HASH.to_vec()));
        let salted: Vec<_> = events.into_iter().map(|event| (event, rand::random())).collect();
        insert_links(&mut tx, last, &salted, |hash| keys.seal(hash)).await?;
        tx.commit().await?;
        Ok(salted.len() as u64)
    }

    /// Links new events until the server stops.
    pub async fn keep_linking_events(&self, keys: &ChainKeys) {
        loop {
            sleep(LINK_INTERVAL).await;
            if let Err(error) = self.link_events(keys).await {
                log::warn!("could not link the events, will retry: {}", error.for_log());
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
}
