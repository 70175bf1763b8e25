//! Hashes passwords, and scores new ones, outside the async threads. Limits how many hashes run at the same time, and how
//! many wait.
//!
//! bcrypt reads at most 72 bytes, so it hashes a hex digest of the password, which needs a key of the site.
//! `stored_hash.rs` has the stored forms.

use std::{
    iter,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rocket::tokio::task::spawn_blocking;

use super::{
    peppers::Peppers,
    queue::{Claimant, Queue, RETRY_AFTER, Turn, connections::Connections},
    stored_hash::{StoredHash, stored_hash, unknown_format},
};
use crate::{
    accounts::{AccountsError, Client, Detail, Result},
    domain::people::password::{NewPassword, Password},
    settings::SecretKeys,
};

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Hasher {
    cost: u32,
    peppers: Arc<Peppers>,
    /// The highest cost seen so far. Every wrong password takes this long, so that hashes from before a change of
    /// `bcrypt_cost` do not reveal which accounts exist.
    highest_cost: Arc<AtomicU32>,
    queue: Queue,
    connections: Connections,
    /// Whom this hasher works for, and the other end of their connection.
    claimant: Claimant,
    peer: Option<SocketAddr>,
}

/// The outcome of comparing a password with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The password is right.
    Right,
    /// The password is right, but its hash has another cost, needs no key or a previous one, or is of an older form of
    /// the password. Replace the hash.
    RightButOutdated,
    /// The password is wrong.
    Wrong,
}

impl Hasher {
    /// A hasher with this bcrypt cost and no key. It uses at most one thread per core.
    pub(in crate::accounts) fn new(cost: u32, connections: Connections) -> Self {
        Self {
            cost,
            peppers: Arc::new(Peppers::none()),
            highest_cost: Arc::new(AtomicU32::new(cost)),
            queue: Queue::of(threads()),
            connections,
            claimant: Claimant::Operator,
            peer: None,
        }
    }

    /// The same hasher with keys. Without one it cannot hash.
    pub(in crate::accounts) fn with_keys(self, keys: &SecretKeys) -> Self {
        Self { peppers: Arc::new(Peppers::of(keys)), ..self }
    }

    /// A hasher that works for this client, and waits in the same queue, on this claim, until the client hangs up.
    pub(in crate::accounts) fn of_client(&self, claimant: Claimant, client: Option<&Client>) -> Self {
        Self { claimant, peer: client.and_then(Client::peer), ..self.clone() }
    }

    /// Hashes a new password for storage, unless it is easy to guess.
    ///
    /// Count the attempt first: guessing a constructed password takes about as long as a hash.
    pub(in crate::accounts) async fn hash_new(&self, new: &NewPassword) -> Result<String> {
        let (new, peppers, cost) = (new.clone(), Arc::clone(&self.peppers), self.cost);
        self.on_blocking_thread(move || {
            new.must_be_hard_to_guess().map_err(AccountsError::BadPassword)?;
            hash(new.as_password(), &peppers, cost)
        })
        .await
    }

    /// Hashes a proven password again.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let (password, peppers, cost) = (password.clone(), Arc::clone(&self.peppers), self.cost);
        self.on_blocking_thread(move || hash(&password, &peppers, cost)).await
    }

    /// Compares a password with a stored hash. No hash, or one that cannot be read, counts as a wrong password. A wrong
    /// password always takes the same time, regardless of the cost of its hash.
    pub(super) async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict> {
        let (password, stored) = (password.clone(), stored.map(str::to_owned));
        let (cost, peppers) = (self.cost, Arc::clone(&self.peppers));
        let highest_cost = Arc::clone(&self.highest_cost);
        self.on_blocking_thread(move || {
            let stored = stored.as_deref().and_then(StoredHash::parse).filter(|stored| peppers.has(stored.key));
            let dummy = dummy_hash(cost);
            let compared = stored.unwrap_or(StoredHash { key: None, bcrypt: &dummy, cost });
            let highest = highest_cost.fetch_max(compared.cost, Ordering::Relaxed).max(compared.cost);
            let older = password.reveal_older_forms();
            for (form, text) in iter::once(password.reveal()).chain(older.iter().map(String::as_str)).enumerate() {
                let digest = peppers.digest(text, compared.key);
                if is_hash_of(compared.bcrypt, &digest)? && stored.is_some() {
                    let is_current = compared.cost == cost && compared.key == peppers.current() && form == 0;
                    return Ok(if is_current { Verdict::Right } else { Verdict::RightButOutdated });
                }
                // Each cost takes twice as long as the one before. So the comparison and these hashes together take as
                // long as one hash of the highest cost.
                (compared.cost..highest).try_for_each(|cost| bcrypt_hash(&digest, cost).map(drop))?;
            }
            Ok(Verdict::Wrong)
        })
        .await
    }

    /// Why no password can match the stored hash, if so.
    pub(super) fn why_unreadable<'a>(&self, stored: &'a str) -> Option<Detail<'a>> {
        match StoredHash::parse(stored) {
            Some(hash) => (!self.peppers.has(hash.key)).then_some(Detail::HashOfUnknownKey),
            None => unknown_format(stored).map(Detail::UnknownHashFormat),
        }
    }

    /// Takes all threads until the returned turns are dropped. For tests.
    #[cfg(any(test, feature = "internals"))]
    pub(in crate::accounts) async fn occupy_threads(&self) -> Result<Vec<Turn>> {
        let mut turns = Vec::new();
        for _ in 0..threads() {
            turns.push(self.queue.turn(self.claimant).await?);
        }
        Ok(turns)
    }

    async fn on_blocking_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let failed = |error: &dyn std::error::Error| AccountsError::Hashing(error.to_string());
        // The turn lasts as long as the work, even if the request is dropped.
        let turn = self.connections.while_open(self.peer, self.queue.turn(self.claimant)).await;
        let turn = turn.unwrap_or(Err(AccountsError::Busy { retry_after: RETRY_AFTER }))?;
        let worked = spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        worked.await.map_err(|error| failed(&error))?
    }
}

/// One thread per core.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn hash(password: &Password, peppers: &Peppers, cost: u32) -> Result<String> {
    let no_key = || AccountsError::Hashing("this process was given no secret key".to_owned());
    let key = peppers.current().ok_or_else(no_key)?;
    let digest = peppers.digest(password.reveal(), Some(key));
    Ok(stored_hash(key, &bcrypt_hash(&digest, cost)?))
}

fn bcrypt_hash(digest: &str, cost: u32) -> Result<String> {
    bcrypt::hash(digest, cost).map_err(hashing_error)
}

/// A hash to compare with for an unknown user, so that the comparison takes the same time. It is of no password that
/// anybody knows, and none is accepted for it.
fn dummy_hash(cost: u32) -> String {
    format!("$2b${cost:02}$SL4BKWyaP2m9qTjX5dVnUeWVpF74CEC0EDpcolqPaPzIcnrv2Cetu")
}

fn is_hash_of(hash: &str, digest: &str) -> Result<bool> {
    bcrypt::verify(digest, hash).map_err(hashing_error)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn hashing_error(error: bcrypt::BcryptError) -> AccountsError {
    AccountsError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::people::password::{OwnNames, PasswordError},
        settings::SecretMaterial,
    };

    fn password(text: &str) -> Password {
        match Password::parse(text.to_owned()) {
            Ok(password) => password,
            Err(error) => panic!("{error}"),
        }
    }

    fn keys() -> SecretKeys {
        SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() }
    }

    fn keyless(cost: u32) -> Hasher {
        Hasher::new(cost, Connections::default())
    }

    fn hasher(cost: u32) -> Hasher {
        keyless(cost).with_keys(&keys())
    }

    fn digest(password: &Password) -> String {
        Peppers::none().digest(password.reveal(), None)
    }

    #[rocket::async_test]
    async fn every_character_of_a_long_password_counts() -> Result<()> {
        let hasher = hasher(4);
        let long = "é".repeat(127);
        let stored = hasher.hash(&password(&format!("{long}a"))).await?;
        assert!(stored.starts_with("bcrypt_hmac_sha256$") && stored.contains("$$2b$04$"), "{stored}");
        assert_eq!(hasher.verify(&password(&format!("{long}a")), Some(&stored)).await?, Verdict::Right);
        assert_eq!(hasher.verify(&password(&format!("{long}b")), Some(&stored)).await?, Verdict::Wrong);
        assert_eq!(
            Hasher { cost: 5, ..hasher }.verify(&password(&format!("{long}a")), Some(&stored)).await?,
            Verdict::RightButOutdated
        );
        Ok(())
    }

    /// The test checks `highest_cost` instead of the time.
    #[rocket::async_test]
    async fn a_wrong_password_takes_as_long_as_the_highest_cost_seen() -> Result<()> {
        let (hasher, costlier) = {
            let keys = keys();
            (keyless(4).with_keys(&keys), keyless(6).with_keys(&keys))
        };
        let (right, wrong) = (password("gentle-heron-42-lantern"), password("another"));
        let stored = costlier.hash(&right).await?;
        assert_eq!(hasher.verify(&wrong, Some(&stored)).await?, Verdict::Wrong);
        assert_eq!(hasher.highest_cost.load(Ordering::Relaxed), 6);
        assert_eq!(hasher.verify(&right, Some(&stored)).await?, Verdict::RightButOutdated);
        assert_eq!(hasher.verify(&wrong, None).await?, Verdict::Wrong);
        let cheaper = hasher.hash(&right).await?;
        assert_eq!(hasher.verify(&right, Some(&cheaper)).await?, Verdict::Right);
        assert_eq!(costlier.verify(&right, Some(&cheaper)).await?, Verdict::RightButOutdated);
        Ok(())
    }

    /// Only on a blocking thread with a permit: the first poll of the future would score it otherwise.
    #[rocket::async_test]
    async fn a_new_password_is_scored_where_passwords_are_hashed() -> Result<()> {
        use std::{future::Future as _, pin::pin, task::Poll};

        let hasher = hasher(4);
        let names = OwnNames { username: "", email: "", site_name: "" };
        let easy =
            NewPassword::parse("zyzyzyzyzyzyzyzyzyzyzy7".to_owned(), names, 8).map_err(AccountsError::BadPassword)?;
        let all = hasher.occupy_threads().await?;
        let mut scored = pin!(hasher.hash_new(&easy));
        let first = std::future::poll_fn(|context| Poll::Ready(scored.as_mut().poll(context))).await;
        assert!(first.is_pending(), "{first:?}");
        drop(all);
        assert!(matches!(scored.await, Err(AccountsError::BadPassword(PasswordError::Easy(_)))));
        Ok(())
    }

    /// bcrypt computes at the hasher's cost: it does not refuse the dummy hash beforehand.
    #[rocket::async_test]
    async fn no_password_is_right_for_an_unknown_user() -> Result<()> {
        for cost in [4, 10] {
            let dummy: bcrypt::HashParts = dummy_hash(cost).parse().map_err(hashing_error)?;
            assert_eq!(dummy.get_cost(), cost);
            assert!(!is_hash_of(&dummy_hash(cost), "nobody")?);
        }
        assert_eq!(hasher(4).verify(&password("nobody"), None).await?, Verdict::Wrong);
        Ok(())
    }

    #[rocket::async_test]
    async fn a_hash_that_cannot_be_read_is_a_wrong_password() -> Result<()> {
        let hasher = hasher(4);
        for stored in ["pbkdf2_sha256$870000$salt$hash", "!", "bcrypt_sha256$$2b$04$short", ""] {
            assert_eq!(hasher.verify(&password("nobody"), Some(stored)).await?, Verdict::Wrong, "{stored}");
            assert!(matches!(hasher.why_unreadable(stored), Some(Detail::UnknownHashFormat(_))), "{stored}");
        }
        assert!(hasher.why_unreadable(&hasher.hash(&password("nobody")).await?).is_none());
        Ok(())
    }

    #[rocket::async_test]
    async fn a_hash_needs_the_key_that_it_was_made_with() -> Result<()> {
        let (old, new) = (keys(), keys());
        let both = SecretKeys { previous: vec![old.current.clone()], ..new.clone() };
        let right = password("gentle-heron-42-lantern");
        let [before, rotated, after] = [&old, &both, &new].map(|keys| keyless(4).with_keys(keys));
        let (stored, plain) =
            (before.hash(&right).await?, format!("bcrypt_sha256${}", bcrypt_hash(&digest(&right), 4)?));
        for (hasher, hash, verdict) in [
            (&before, &stored, Verdict::Right),
            (&rotated, &stored, Verdict::RightButOutdated),
            (&after, &stored, Verdict::Wrong),
            (&keyless(4), &stored, Verdict::Wrong),
            (&after, &plain, Verdict::RightButOutdated),
        ] {
            assert_eq!(hasher.verify(&right, Some(hash)).await?, verdict, "{hash}");
            assert_eq!(hasher.verify(&password("another"), Some(hash)).await?, Verdict::Wrong, "{hash}");
        }
        assert!(matches!(after.why_unreadable(&stored), Some(Detail::HashOfUnknownKey)));
        assert!(rotated.why_unreadable(&stored).is_none());
        let renewed = rotated.hash(&right).await?;
        assert_eq!(after.verify(&right, Some(&renewed)).await?, Verdict::Right);
        // Whoever has the database and the algorithm, but no key, cannot test a guess.
        let bcrypt = StoredHash::parse(&stored).map(|stored| stored.bcrypt).unwrap_or_default();
        assert!(!is_hash_of(bcrypt, &digest(&right))? && !is_hash_of(bcrypt, right.reveal())?);
        assert!(keyless(4).hash(&right).await.is_err(), "no hash without a key");
        Ok(())
    }

    #[rocket::async_test]
    async fn composed_and_decomposed_accents_are_the_same_password() -> Result<()> {
        let hasher = hasher(4);
        let (composed, decomposed) = ("gl\u{e9}-hus-7", "gle\u{301}-hus-7");
        let stored = hasher.hash(&password(decomposed)).await?;
        for typed in [composed, decomposed] {
            assert_eq!(hasher.verify(&password(typed), Some(&stored)).await?, Verdict::Right);
            // A hash from before passwords were normalized.
            let older = format!("bcrypt_sha256${}", bcrypt_hash(&Peppers::none().digest(decomposed, None), 4)?);
            assert_eq!(hasher.verify(&password(typed), Some(&older)).await?, Verdict::RightButOutdated);
        }
        assert_eq!(hasher.verify(&password("gle-hus-7"), Some(&stored)).await?, Verdict::Wrong);
        Ok(())
    }
}
