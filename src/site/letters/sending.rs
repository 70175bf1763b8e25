//! Sends letters that are due, and records what became of each.

use std::{convert::Infallible, time::Duration};

use rocket::tokio::{select, time::sleep};

use super::{
    Letters,
    channel::{Channel, put},
    identity,
    message::WriteError,
    secrets::without_secrets,
    smtp::{Delivery, Then},
};
use crate::accounts::{self, Accounts, CLAIM_EXTENDED_EVERY, LetterOutcome, LetterToSend, Node};

/// How often to look for letters that are due. A letter leaves within a second of the commit that queued it.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long to wait before an outcome is recorded again, if the database does not respond.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);

impl Letters {
    /// Sends letters as they become due. Returns after [`Self::stop`], once the current letter is sent.
    pub(in crate::site) async fn keep_sending(&self, accounts: &Accounts, node: &Node) {
        while !self.is_stopping() {
            if let Err(error) = self.send_while(|| !self.is_stopping(), (accounts, node)).await {
                self.report(Some(&error.to_string()));
            }
            select! {
                () = sleep(POLL_INTERVAL) => {}
                () = self.0.stopped.notified() => {}
            }
        }
    }

    /// Sends the letters that are due, each at most once, over one connection for as long as that lasts. Returns how
    /// many were tried.
    ///
    /// # Errors
    /// Returns an error if the database does not respond. What the mail server does to a letter is recorded in its row.
    #[cfg(feature = "internals")]
    pub async fn send_due(&self, accounts: &Accounts, node: &Node) -> accounts::Result<u64> {
        self.send_while(|| true, (accounts, node)).await
    }

    async fn send_while(
        &self,
        may_go_on: impl Fn() -> bool + Send,
        (accounts, node): (&Accounts, &Node),
    ) -> accounts::Result<u64> {
        let mut tried = 0;
        let _sending = self.0.sending.lock().await;
        let mut channel = None;
        // What is due by now: a letter that is postponed waits for another turn.
        let mut due_by = None;
        while may_go_on() && (channel.is_some() || accounts.has_due_letter().await?) {
            let mut open = match self.keep_or_open(channel.take()).await {
                Ok(open) => open,
                Err(error) => {
                    self.put_off_all(accounts, &error).await?;
                    break;
                }
            };
            let Some(letter) = accounts.claim_letter(node, due_by).await? else {
                channel = Some(open);
                break;
            };
            due_by.get_or_insert(letter.claimed_at);
            tried += 1;
            let delivery = self.send(&mut open, accounts, node, &letter).await;
            let trouble = self.record(accounts, node, &letter, &delivery).await;
            match (delivery.then, trouble) {
                (Then::Next, _) => {
                    self.report(None);
                    channel = Some(open);
                }
                // One letter must not hold up the others: they take a new connection.
                (Then::Reopen, Some(error)) => self.report(Some(&error)),
                // The next letter would meet the same fate.
                (Then::Stop, Some(error)) => {
                    self.put_off_all(accounts, &error).await?;
                    break;
                }
                (_, None) => {}
            }
        }
        if let Some(Channel::Server(connection)) = channel {
            connection.close();
        }
        Ok(tried)
    }

    async fn keep_or_open<'a>(&'a self, channel: Option<Channel<'a>>) -> Result<Channel<'a>, String> {
        match channel {
            Some(channel) => Ok(channel),
            None => self.open().await,
        }
    }

    async fn put_off_all(&self, accounts: &Accounts, trouble: &str) -> accounts::Result<()> {
        self.report(Some(trouble));
        accounts.postpone_due_letters(trouble).await?;
        Ok(())
    }

    /// Sends one letter that the node has claimed, and keeps the claim meanwhile.
    async fn send(
        &self,
        channel: &mut Channel<'_>,
        accounts: &Accounts,
        node: &Node,
        letter: &LetterToSend,
    ) -> Delivery {
        let written = match self.write(letter) {
            Ok(written) => written,
            Err(error @ WriteError::Recipient(_)) => {
                return Delivery::before_data(LetterOutcome::Refused(error.to_string()), Then::Next);
            }
            Err(error) => {
                log::error!("letter {} waits, because it cannot be written: {error}", letter.id);
                return Delivery::before_data(LetterOutcome::NotYet(error.to_string()), Then::Next);
            }
        };
        match channel {
            Channel::Folder(folder) => put(folder, identity(letter), written).await,
            Channel::Server(connection) => {
                let may_begin = async { accounts.begin_sending(node, letter.id).await.unwrap_or(false) };
                select! {
                    delivery = connection.deliver(&written, may_begin) => delivery,
                    never = keep_claim(accounts, node, letter.id) => match never {},
                }
            }
        }
    }

    /// Records the outcome, however long the database takes: a letter whose outcome is forgotten is sent again. Returns
    /// what went wrong.
    async fn record(
        &self,
        accounts: &Accounts,
        node: &Node,
        letter: &LetterToSend,
        delivery: &Delivery,
    ) -> Option<String> {
        let without_token = |answer: &str| without_secrets(answer, &[letter.link.1.reveal()]);
        let outcome = match delivery.outcome.as_ref()? {
            LetterOutcome::Sent => LetterOutcome::Sent,
            LetterOutcome::Refused(error) => LetterOutcome::Refused(without_token(error)),
            LetterOutcome::NotYet(error) => LetterOutcome::NotYet(without_token(error)),
            LetterOutcome::Unknown(error) => LetterOutcome::Unknown(without_token(error)),
        };
        while let Err(error) = accounts.record_letter_outcome(node, letter.id, delivery.has_begun, &outcome).await {
            self.report(Some(&error.to_string()));
            if self.is_stopping() {
                break;
            }
            sleep(RECORD_INTERVAL).await;
        }
        match outcome {
            LetterOutcome::Sent => None,
            LetterOutcome::Refused(error) | LetterOutcome::NotYet(error) | LetterOutcome::Unknown(error) => Some(error),
        }
    }
}

/// Extends the claim until it is dropped. If the database does not respond, another node may take the letter over.
async fn keep_claim(accounts: &Accounts, node: &Node, id: i64) -> Infallible {
    loop {
        sleep(CLAIM_EXTENDED_EVERY).await;
        if let Err(error) = accounts.extend_claim(node, id).await {
            log::debug!("could not extend the claim of letter {id}: {error}");
        }
    }
}
