//! Hashes passwords, and scores new ones, outside the async threads. Limits how many hashes run at the same time.
//!
//! bcrypt reads at most 72 bytes, so it hashes the hex SHA-256 of the password. The stored form, `bcrypt_sha256$$2b$…`,
//! is the one that Django writes, so Django's users can move here.

use std::{
    iter,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use data_encoding::HEXLOWER;
use rocket::tokio::{sync::Semaphore, task::spawn_blocking};
use sha2::{Digest as _, Sha256};

use crate::{
    accounts::{AccountsError, Result},
    domain::people::password::{NewPassword, Password},
};

/// Django's name for this format.
const ALGORITHM: &str = "bcrypt_sha256$";
/// The length of a bcrypt hash: version, cost, salt and digest.
const BCRYPT_CHARACTERS: usize = 60;

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Hasher {
    cost: u32,
    /// The highest cost seen so far. Every wrong password takes this long, so that hashes from before a change of
    /// `bcrypt_cost` do not reveal which accounts exist.
    highest_cost: Arc<AtomicU32>,
    threads: Arc<Semaphore>,
    /// The hash to compare with for an unknown user, so that the comparison takes the same time.
    dummy_hash: Arc<OnceLock<String>>,
}

/// The outcome of comparing a password with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The password is right.
    Right,
    /// The password is right, but its hash has another cost or is of an older form of the password. Replace the hash.
    RightButOutdated,
    /// The password is wrong.
    Wrong,
}

impl Hasher {
    /// A hasher with this bcrypt cost. It uses at most one thread per core.
    pub(in crate::accounts) fn new(cost: u32) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cost,
            highest_cost: Arc::new(AtomicU32::new(cost)),
            threads: Arc::new(Semaphore::new(threads)),
            dummy_hash: Arc::default(),
        }
    }

    /// Hashes a new password for storage, unless it is easy to guess.
    ///
    /// Count the attempt first: guessing a constructed password takes about as long as a hash.
    pub(in crate::accounts) async fn hash_new(&self, new: &NewPassword) -> Result<String> {
        let (new, cost) = (new.clone(), self.cost);
        self.on_blocking_thread(move || {
            new.must_be_hard_to_guess().map_err(AccountsError::BadPassword)?;
            hash_digest(&digest(new.as_password().reveal()), cost)
        })
        .await
    }

    /// Hashes a proven password again.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let (digest, cost) = (digest(password.reveal()), self.cost);
        self.on_blocking_thread(move || hash_digest(&digest, cost)).await
    }

    /// Compares a password with a stored hash. No hash, or one in an unknown format, counts as a wrong password. A wrong
    /// password always takes the same time, regardless of the cost of its hash.
    pub(super) async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict> {
        let (digest, cost, dummy) = (digest(password.reveal()), self.cost, Arc::clone(&self.dummy_hash));
        let older = password.reveal_older_forms().iter().map(|form| self::digest(form)).collect::<Vec<_>>();
        let stored = stored.filter(|hash| cost_of(hash).is_some()).map(str::to_owned);
        let highest_cost = Arc::clone(&self.highest_cost);
        self.on_blocking_thread(move || {
            let hash = stored.as_deref();
            let compared =
                hash.unwrap_or_else(|| dummy.get_or_init(|| hash_digest("nobody", cost).unwrap_or_default()));
            let stored_cost = cost_of(compared).unwrap_or(cost);
            let highest = highest_cost.fetch_max(stored_cost, Ordering::Relaxed).max(stored_cost);
            for (form, digest) in iter::once(&digest).chain(&older).enumerate() {
                if is_hash_of(compared, digest)? && hash.is_some() {
                    let is_current = stored_cost == cost && form == 0;
                    return Ok(if is_current { Verdict::Right } else { Verdict::RightButOutdated });
                }
                // Each cost takes twice as long as the one before. So the comparison and these hashes together take as
                // long as one hash of the highest cost.
                (stored_cost..highest).try_for_each(|cost| hash_digest(digest, cost).map(drop))?;
            }
            Ok(Verdict::Wrong)
        })
        .await
    }

    /// Creates the dummy hash, so that the first login of an unknown user takes no longer than others.
    pub(in crate::accounts) async fn warm_up(&self) -> Result<()> {
        let password =
            Password::parse("nobody".to_owned()).map_err(|error| AccountsError::Hashing(format!("{error:?}")))?;
        self.verify(&password, None).await.map(drop)
    }

    async fn on_blocking_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let failed = |error: &dyn std::error::Error| AccountsError::Hashing(error.to_string());
        // The semaphore is never closed. The permit lasts as long as the work, even if the request is dropped.
        let permit = Arc::clone(&self.threads).acquire_owned().await.map_err(|error| failed(&error))?;
        let worked = spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        worked.await.map_err(|error| failed(&error))?
    }
}

fn digest(password: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(password.as_bytes()))
}

fn hash_digest(digest: &str, cost: u32) -> Result<String> {
    bcrypt::hash(digest, cost)
        .map(|hash| format!("{ALGORITHM}{hash}"))
        .map_err(|error| AccountsError::Hashing(error.to_string()))
}

/// The cost of a stored hash. `None` if its format is unknown.
fn cost_of(stored: &str) -> Option<u32> {
    let parts: bcrypt::HashParts = stored.strip_prefix(ALGORITHM)?.parse().ok()?;
    // A string that parses may still be too short to be a hash.
    (stored.len() == ALGORITHM.len() + BCRYPT_CHARACTERS && (4..=31).contains(&parts.get_cost()))
        .then(|| parts.get_cost())
}

fn is_hash_of(stored: &str, digest: &str) -> Result<bool> {
    let hash = stored.strip_prefix(ALGORITHM).unwrap_or(stored);
    bcrypt::verify(digest, hash).map_err(|error| AccountsError::Hashing(error.to_string()))
}

/// The name of an unknown hash format: the text before its first separator, as Django and the Modular Crypt Format
/// write it. It contains nothing of the hash itself.
pub(super) fn unknown_format(stored: &str) -> Option<&str> {
    if cost_of(stored).is_some() {
        return None;
    }
    let name = match stored.strip_prefix('$') {
        Some(rest) => rest.split('$').next().filter(|_| rest.contains('$')),
        None if stored.starts_with('!') => Some("!"),
        None => stored.split_once('$').map(|(name, _)| name),
    };
    let is_name = |name: &&str| {
        (1..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+!".contains(c))
    };
    Some(name.filter(is_name).unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::people::password::{OwnNames, PasswordError};

    fn password(text: &str) -> Password {
        match Password::parse(text.to_owned()) {
            Ok(password) => password,
            Err(error) => panic!("{error}"),
        }
    }

    #[rocket::async_test]
    async fn every_character_of_a_long_password_counts() -> Result<()> {
        let hasher = Hasher::new(4);
        let long = "é".repeat(127);
        let stored = hasher.hash(&password(&format!("{long}a"))).await?;
        assert!(stored.starts_with("bcrypt_sha256$$2b$04$"), "{stored}");
        assert_eq!(hasher.verify(&password(&format!("{long}a")), Some(&stored)).await?, Verdict::Right);
        assert_eq!(hasher.verify(&password(&format!("{long}b")), Some(&stored)).await?, Verdict::Wrong);
        assert_eq!(
            Hasher::new(5).verify(&password(&format!("{long}a")), Some(&stored)).await?,
            Verdict::RightButOutdated
        );
        Ok(())
    }

    /// The test checks `highest_cost` instead of the time.
    #[rocket::async_test]
    async fn a_wrong_password_takes_as_long_as_the_highest_cost_seen() -> Result<()> {
        let (hasher, costlier) = (Hasher::new(4), Hasher::new(6));
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

        let hasher = Hasher::new(4);
        let names = OwnNames { username: "", email: "", site_name: "" };
        let easy =
            NewPassword::parse("zyzyzyzyzyzyzyzyzyzyzy7".to_owned(), names, 8).map_err(AccountsError::BadPassword)?;
        let permits = u32::try_from(hasher.threads.available_permits()).unwrap_or_default();
        let all =
            hasher.threads.acquire_many(permits).await.map_err(|error| AccountsError::Hashing(error.to_string()))?;
        let mut scored = pin!(hasher.hash_new(&easy));
        let first = std::future::poll_fn(|context| Poll::Ready(scored.as_mut().poll(context))).await;
        assert!(first.is_pending(), "{first:?}");
        drop(all);
        assert!(matches!(scored.await, Err(AccountsError::BadPassword(PasswordError::Easy(_)))));
        Ok(())
    }

    #[rocket::async_test]
    async fn the_dummy_password_is_wrong() -> Result<()> {
        let hasher = Hasher::new(4);
        hasher.warm_up().await?;
        assert_eq!(hasher.verify(&password("nobody"), None).await?, Verdict::Wrong);
        Ok(())
    }

    #[rocket::async_test]
    async fn a_hash_in_an_unknown_format_is_a_wrong_password_and_its_format_is_named() -> Result<()> {
        let hasher = Hasher::new(4);
        for (stored, name) in [
            ("pbkdf2_sha256$870000$salt$hash", "pbkdf2_sha256"),
            ("argon2$argon2id$v=19$m=102400", "argon2"),
            ("$2b$12$abcdefghijklmnopqrstuv", "2b"),
            ("!", "!"),
            ("!AbCdEf", "!"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "unknown"),
            ("$secret", "unknown"),
            ("a secret, it seems$", "unknown"),
            ("bcrypt_sha256$$2b$04$short", "bcrypt_sha256"),
            ("bcrypt_sha256$$2b$99$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvabcdefghijk", "bcrypt_sha256"),
            ("", "unknown"),
        ] {
            assert_eq!(hasher.verify(&password("nobody"), Some(stored)).await?, Verdict::Wrong, "{stored}");
            assert_eq!(unknown_format(stored), Some(name), "{stored}");
        }
        assert_eq!(unknown_format(&hasher.hash(&password("nobody")).await?), None);
        Ok(())
    }

    #[rocket::async_test]
    async fn composed_and_decomposed_accents_are_the_same_password() -> Result<()> {
        let hasher = Hasher::new(4);
        let (composed, decomposed) = ("gl\u{e9}-hus-7", "gle\u{301}-hus-7");
        let stored = hasher.hash(&password(decomposed)).await?;
        for typed in [composed, decomposed] {
            assert_eq!(hasher.verify(&password(typed), Some(&stored)).await?, Verdict::Right);
            // A hash from before passwords were normalized.
            let older = hash_digest(&digest(decomposed), 4)?;
            assert_eq!(hasher.verify(&password(typed), Some(&older)).await?, Verdict::RightButOutdated);
        }
        assert_eq!(hasher.verify(&password("gle-hus-7"), Some(&stored)).await?, Verdict::Wrong);
        Ok(())
    }
}
