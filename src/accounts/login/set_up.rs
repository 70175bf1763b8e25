//! Creates the first superuser with the code that the server prints.

use std::sync::atomic::Ordering;

use data_encoding::BASE32_NOPAD;

use super::{open_login::StartedSession, throttle::Purpose};
use crate::{
    accounts::{Accounts, AccountsError, Client, Detail, Registration, Result, event::BuildEvent as _},
    domain::{event_kind::EventKind, logins::session_secret::SecretHash, people::role::Role},
    store::{site, users},
};

/// The length of a setup code, in bytes. 128 bits cannot be guessed, even without the throttle.
const CODE_BYTES: usize = 16;
/// The maximum length of a submitted setup code, in characters.
pub const SETUP_CODE_CHARACTERS: usize = 64;

impl Accounts {
    /// Whether there is no superuser yet. Once there is one, this reads no database: the last one can never go.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn needs_setup(&self) -> Result<bool> {
        if self.is_set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let is_set_up = users::has_superuser(&mut self.store.read().await?).await?;
        self.is_set_up.store(is_set_up, Ordering::Relaxed);
        Ok(!is_set_up)
    }

    /// Replaces the setup code while there is no superuser. Only its hash is stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn renew_setup_code(&self) -> Result<Option<String>> {
        let mut tx = self.store.begin().await?;
        site::lock_site(&mut tx).await?;
        if users::has_superuser(&mut tx).await? {
            return Ok(None);
        }
        let code = BASE32_NOPAD.encode(&rand::random::<[u8; CODE_BYTES]>()).to_lowercase();
        site::set_setup_code_hash(&mut tx, Some(&hash_of(&code))).await?;
        tx.commit().await?;
        Ok(Some(code))
    }

    /// Creates the first superuser and logs them in.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::AlreadySetUp`], [`AccountsError::WrongSetupCode`], [`AccountsError::NameTaken`],
    /// [`AccountsError::BadPassword`], [`AccountsError::TooManyAttempts`], or a database error.
    pub async fn set_up(&self, client: &Client, code: &str, registration: &Registration) -> Result<StartedSession> {
        if !self.needs_setup().await? {
            return Err(AccountsError::AlreadySetUp);
        }
        let rate = self.settings.throttle_login;
        let attempt = match self.throttle.begin(Purpose::Setup, rate, "", &client.address).await? {
            Ok(attempt) => attempt,
            Err(throttled) => {
                return self.refuse_throttled(throttled, |event| event.from(client).saying(Detail::Setup)).await;
            }
        };
        let stored = site::get_site(&mut self.store.read().await?).await?.setup_code_hash;
        if !stored.is_some_and(|stored| hash_of(code).matches(&stored)) {
            attempt.failed();
            self.record_refusal(EventKind::Refused, |event| event.from(client).saying(Detail::WrongSetupCode)).await?;
            return Err(AccountsError::WrongSetupCode);
        }
        drop(attempt);
        let started = self.create_account(client, registration, Role::Superuser, EventKind::SetUp).await?;
        // Its email counts as verified, so nothing keeps it from being logged in.
        started.ok_or(AccountsError::Unverified)
    }
}

/// Hashes a setup code. Users copy it from a terminal, so case, spaces and hyphens do not matter.
fn hash_of(code: &str) -> SecretHash {
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    SecretHash::of_text(&code.to_lowercase())
}
