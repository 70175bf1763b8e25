//! Requests for a letter to an address that a visitor typed: they forgot the password, or a letter never came.
//!
//! Every request writes one row, whether the address is known or not. The account is looked up when the letter is sent.
//! So the answer and its time reveal nothing.

use crate::{
    accounts::{Accounts, Client, Result, login::throttle::Purpose},
    domain::{letters::kind::LetterKind, people::email::Email},
    store::letters::{NewLetter, insert_letter, listed::delete_letter},
};

impl Accounts {
    /// Asks for a letter with a reset link to this address. The outcome says nothing about the address, nor whether the
    /// client has asked too often.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn request_reset(&self, client: &Client, email: &Email) -> Result<()> {
        self.request_letter(client, LetterKind::ResetPassword, email).await
    }

    /// Asks for another letter with a verification link to this address, in the same way.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn request_verification(&self, client: &Client, email: &Email) -> Result<()> {
        self.request_letter(client, LetterKind::VerifyEmail, email).await
    }

    async fn request_letter(&self, client: &Client, kind: LetterKind, email: &Email) -> Result<()> {
        let rate = self.settings.throttle_login;
        let attempt = self.throttle.begin(Purpose::Letter, rate, "", &client.address).await?;
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let letter = NewLetter { origin: client.origin(), ..NewLetter::new(kind, email.as_str(), now) };
        let id = insert_letter(&mut tx, &letter).await?;
        if attempt.is_err() {
            // Writes as much as another request, and leaves nothing behind.
            delete_letter(&mut tx, id).await?;
        }
        tx.commit().await?;
        // Only now: shared counters are written in the background, which would slow the transaction down.
        if let Ok(attempt) = attempt {
            attempt.failed();
        }
        Ok(())
    }
}
