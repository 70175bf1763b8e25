//! Password hashes, off the async threads and a bounded number at once.
//!
//! bcrypt reads no more than 72 bytes, so it is given the hex SHA-256 of the password; the stored
//! form, `bcrypt_sha256$$2b$…`, is the one that Django writes, so that its users can move here.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use data_encoding::HEXLOWER;
use rocket::tokio::{sync::Semaphore, task::spawn_blocking};
use sha2::{Digest as _, Sha256};

use super::{AccountsError, Result};
use crate::domain::password::Password;

/// What Django names this form.
const ALGORITHM: &str = "bcrypt_sha256$";

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub(super) struct Hasher {
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
    /// It is, and the hash should be made anew at today's cost.
    RightButOutdated,
    /// It is not.
    Wrong,
}

impl Hasher {
    /// A hasher of that cost, with as many threads as the machine has cores.
    pub(super) fn new(cost: u32) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cost,
            greatest_cost: Arc::new(AtomicU32::new(cost)),
            threads: Arc::new(Semaphore::new(threads)),
            nobody: Arc::default(),
        }
    }

    /// The hash to store for a password.
    pub(super) async fn hash(&self, password: &Password) -> Result<String> {
        let (digest, cost) = (digest(password), self.cost);
        self.off_thread(move || hash_digest(&digest, cost)).await
    }

    /// Compares a password with a stored hash; with none, takes as long and says that it is wrong.
    /// A wrong one takes as long whatever the cost of its hash.
    pub(super) async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict> {
        let (digest, cost, nobody) = (digest(password), self.cost, Arc::clone(&self.nobody));
        let (stored, greatest_cost) = (stored.map(str::to_owned), Arc::clone(&self.greatest_cost));
        self.off_thread(move || {
            let hash = stored.as_deref();
            let compared =
                hash.unwrap_or_else(|| nobody.get_or_init(|| hash_digest("nobody", cost).unwrap_or_default()));
            let (is_same, stored_cost) = verify_digest(&digest, compared)?;
            let is_right = is_same && hash.is_some();
            let greatest = greatest_cost.fetch_max(stored_cost, Ordering::Relaxed).max(stored_cost);
            if is_right {
                return Ok(if stored_cost == cost { Verdict::Right } else { Verdict::RightButOutdated });
            }
            // Each cost is twice the one before: together with the comparison, this is the greatest.
            (stored_cost..greatest).try_for_each(|cost| hash_digest(&digest, cost).map(drop))?;
            Ok(Verdict::Wrong)
        })
        .await
    }

    /// Makes the hash that unknown users are compared with, so that the first of them is no slower.
    pub(super) async fn warm_up(&self) -> Result<()> {
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

fn digest(password: &Password) -> String {
    HEXLOWER.encode(&Sha256::digest(password.reveal().as_bytes()))
}

fn hash_digest(digest: &str, cost: u32) -> Result<String> {
    bcrypt::hash(digest, cost)
        .map(|hash| format!("{ALGORITHM}{hash}"))
        .map_err(|error| AccountsError::Hashing(error.to_string()))
}

/// Whether it is the one that was hashed, and the cost of that hash.
fn verify_digest(digest: &str, stored: &str) -> Result<(bool, u32)> {
    let unreadable = || AccountsError::Hashing("a stored hash is of another form".to_owned());
    let hash = stored.strip_prefix(ALGORITHM).ok_or_else(unreadable)?;
    let parts: bcrypt::HashParts = hash.parse().map_err(|_| unreadable())?;
    let is_right = bcrypt::verify(digest, hash).map_err(|_| unreadable())?;
    Ok((is_right, parts.get_cost()))
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
        assert!(hasher.verify(&password("nobody"), Some("md5$x")).await.is_err());
        Ok(())
    }
}
