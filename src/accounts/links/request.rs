//! Requests for a letter to an address that a visitor typed: they forgot the password, or a letter never came.
//!
//! Every request writes one row, whether the address is known or not. The account is looked up when the letter is sent.
//! So the answer and its time reveal nothing. A row that is not needed is deleted again, which takes the same time. A
//! client that asks too often gets the same answer without a row: that depends on no address, and costs the database
//! nothing.

use crate::{
    accounts::{Accounts, Client, Result, login::throttle::Purpose},
    domain::{letters::kind::LetterKind, people::email::Email},
    store::letters::{NewLetter, insert_letter, limits::count_requests_for, listed::delete_letter},
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
        let Ok(attempt) = self.throttle.begin(Purpose::Letter, rate, "", &client.address).await? else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let letter = NewLetter { origin: client.origin(), ..NewLetter::new(kind, email.as_str(), now) };
        let id = insert_letter(&mut tx, &letter).await?;
        // The address gets no more than those that wait already.
        let most = kind.most_per_hour();
        if count_requests_for(&mut tx, kind, email.as_str(), most + 1).await? > most {
            delete_letter(&mut tx, id).await?;
        }
        tx.commit().await?;
        // Only now: shared counters are written in the background, which would slow the transaction down.
        attempt.failed();
        Ok(())
    }
}
