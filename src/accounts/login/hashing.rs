//! Password hashes, off the async threads and a bounded number at once.
//!
//! bcrypt reads no more than 72 bytes, so it is given the hex SHA-256 of the password; the stored
//! form, `bcrypt_sha256$$2b$…`, is the one that Django writes, so that its users can move here.

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
    domain::people::password::Password,
};

/// What Django names this form.
const ALGORITHM: &str = "bcrypt_sha256$";
/// How long a hash by bcrypt is: version, cost, salt and digest.
const BCRYPT_CHARACTERS: usize = 60;

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Hasher {
    cost: u32,
    /// The greatest cost met so far: what every wrong password takes, so that the hashes from
    /// before another `bcrypt_cost` do not tell whose accounts exist.
    greatest_cost: Arc<AtomicU32>,
    threads: Arc<Semaphore>,
    /// A hash of no account's password: what an unknown user is compared with, at the same price.
    nobody: Arc<OnceLock<String>>,
}

/// What came of comparing a password with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the password.
    Right,
    /// It is, and the hash should be made anew: at today's cost, of the password's normalized form.
    RightButOutdated,
    /// It is not.
    Wrong,
}

impl Hasher {
    /// A hasher of that cost, with as many threads as the machine has cores.
    pub(in crate::accounts) fn new(cost: u32) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cost,
            greatest_cost: Arc::new(AtomicU32::new(cost)),
            threads: Arc::new(Semaphore::new(threads)),
            nobody: Arc::default(),
        }
    }

    /// The hash to store for a password.
    pub(in crate::accounts) async fn hash(&self, password: &Password) -> Result<String> {
        let (digest, cost) = (digest(password.reveal()), self.cost);
        self.off_thread(move || hash_digest(&digest, cost)).await
    }

    /// Compares a password with a stored hash. With none, and with one in a format that is not ours, takes as
    /// long and says that it is wrong. A wrong password takes as long whatever the cost of its hash.
    pub(super) async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict> {
        let (digest, cost, nobody) = (digest(password.reveal()), self.cost, Arc::clone(&self.nobody));
        let older = password.reveal_older_forms().iter().map(|form| self::digest(form)).collect::<Vec<_>>();
        let stored = stored.filter(|hash| cost_of(hash).is_some()).map(str::to_owned);
        let greatest_cost = Arc::clone(&self.greatest_cost);
        self.off_thread(move || {
            let hash = stored.as_deref();
            let compared =
                hash.unwrap_or_else(|| nobody.get_or_init(|| hash_digest("nobody", cost).unwrap_or_default()));
            let stored_cost = cost_of(compared).unwrap_or(cost);
            let greatest = greatest_cost.fetch_max(stored_cost, Ordering::Relaxed).max(stored_cost);
            for (form, digest) in iter::once(&digest).chain(&older).enumerate() {
                if is_hash_of(compared, digest)? && hash.is_some() {
                    let is_as_today = stored_cost == cost && form == 0;
                    return Ok(if is_as_today { Verdict::Right } else { Verdict::RightButOutdated });
                }
                // Each cost is twice the one before: together with the comparison, this is the greatest.
                (stored_cost..greatest).try_for_each(|cost| hash_digest(digest, cost).map(drop))?;
            }
            Ok(Verdict::Wrong)
        })
        .await
    }

    /// Makes the hash that unknown users are compared with, so that the first of them is no slower.
    pub(in crate::accounts) async fn warm_up(&self) -> Result<()> {
        let nobody = Password::parse("nobody".to_owned()).map_err(|error| AccountsError::Hashing(error.to_string()))?;
        self.verify(&nobody, None).await.map(drop)
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let failed = |error: &dyn std::error::Error| AccountsError::Hashing(error.to_string());
        // Never closed; the permit lives as long as the work, even when the request is gone.
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

/// The cost of a stored hash; none where its format is not ours.
fn cost_of(stored: &str) -> Option<u32> {
    let parts: bcrypt::HashParts = stored.strip_prefix(ALGORITHM)?.parse().ok()?;
    // What it was parsed from may still be no hash: it must be as long as one.
    (stored.len() == ALGORITHM.len() + BCRYPT_CHARACTERS && (4..=31).contains(&parts.get_cost()))
        .then(|| parts.get_cost())
}

fn is_hash_of(stored: &str, digest: &str) -> Result<bool> {
    let hash = stored.strip_prefix(ALGORITHM).unwrap_or(stored);
    bcrypt::verify(digest, hash).map_err(|error| AccountsError::Hashing(error.to_string()))
}

/// The name of a stored hash's format, where it is not ours: what stands before its first separator, as Django
/// and the Modular Crypt Format write it. Nothing of the hash itself is in it.
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

    /// How much work there was is what it leaves behind: the greatest cost that was met.
    #[rocket::async_test]
    async fn a_hash_of_another_cost_is_compared_at_the_price_of_the_greatest() -> Result<()> {
        let (hasher, dearer) = (Hasher::new(4), Hasher::new(6));
        let (right, wrong) = (password("gentle-heron-42-lantern"), password("another"));
        let stored = dearer.hash(&right).await?;
        assert_eq!(hasher.verify(&wrong, Some(&stored)).await?, Verdict::Wrong);
        assert_eq!(hasher.greatest_cost.load(Ordering::Relaxed), 6);
        assert_eq!(hasher.verify(&right, Some(&stored)).await?, Verdict::RightButOutdated);
        assert_eq!(hasher.verify(&wrong, None).await?, Verdict::Wrong);
        let cheaper = hasher.hash(&right).await?;
        assert_eq!(hasher.verify(&right, Some(&cheaper)).await?, Verdict::Right);
        assert_eq!(dearer.verify(&right, Some(&cheaper)).await?, Verdict::RightButOutdated);
        Ok(())
    }

    #[rocket::async_test]
    async fn nobody_is_let_in_without_an_account() -> Result<()> {
        let hasher = Hasher::new(4);
        hasher.warm_up().await?;
        assert_eq!(hasher.verify(&password("nobody"), None).await?, Verdict::Wrong);
        Ok(())
    }

    #[rocket::async_test]
    async fn a_hash_in_a_foreign_format_is_a_wrong_password_and_named() -> Result<()> {
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
    async fn an_accent_typed_on_another_system_is_the_same_password() -> Result<()> {
        let hasher = Hasher::new(4);
        let (composed, decomposed) = ("gl\u{e9}-hus-7", "gle\u{301}-hus-7");
        let stored = hasher.hash(&password(decomposed)).await?;
        for typed in [composed, decomposed] {
            assert_eq!(hasher.verify(&password(typed), Some(&stored)).await?, Verdict::Right);
            // As it was hashed before passwords were normalized.
            let older = hash_digest(&digest(decomposed), 4)?;
            assert_eq!(hasher.verify(&password(typed), Some(&older)).await?, Verdict::RightButOutdated);
        }
        assert_eq!(hasher.verify(&password("gle-hus-7"), Some(&stored)).await?, Verdict::Wrong);
        Ok(())
    }
}
