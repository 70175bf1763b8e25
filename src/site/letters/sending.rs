//! Sends letters that are due, and records what became of each.
//!
//! Letters take turns over one connection. A mail server may take minutes for one of them: then the others take a
//! second connection, and so on.

use std::{
    convert::Infallible,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rocket::{
    futures::stream::{FuturesUnordered, StreamExt as _},
    tokio::{
        select,
        time::{MissedTickBehavior, interval, sleep},
    },
};

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
/// How many connections a node has to the mail server at most. It opens a further one only while all others are held up:
/// none of them has got on in the time of a poll.
const MOST_CONNECTIONS: usize = 16;
/// How long to wait before an outcome is recorded again, if the database does not respond.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);

impl Letters {
    /// Sends letters as they become due. Returns after [`Self::stop`], once the current ones are sent.
    pub(in crate::site) async fn keep_sending(&self, accounts: &Accounts, node: &Node) {
        let mut polls = interval(POLL_INTERVAL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut rounds, mut marks) = (FuturesUnordered::new(), Vec::new());
        while !self.is_stopping() {
            select! {
                Some(()) = rounds.next() => {}
                () = self.0.stopped.notified() => {}
                _ = polls.tick() => {
                    marks.retain(|mark: &Weak<AtomicBool>| mark.strong_count() > 0);
                    let of_rounds = marks.iter().filter_map(Weak::upgrade);
                    let moved = of_rounds.filter(|has_moved| has_moved.swap(false, Ordering::Relaxed)).count();
                    if moved == 0 && rounds.len() < MOST_CONNECTIONS {
                        let has_moved = Arc::new(AtomicBool::new(true));
                        marks.push(Arc::downgrade(&has_moved));
                        rounds.push(self.run_round(accounts, node, has_moved));
                    }
                }
            }
        }
        while rounds.next().await.is_some() {}
    }

    /// Sends what is due over one connection. Notes in `has_moved` that it has begun or finished with a letter.
    async fn run_round(&self, accounts: &Accounts, node: &Node, has_moved: Arc<AtomicBool>) {
        let _sending = self.0.sending.read().await;
        let may_go_on = || {
            has_moved.store(true, Ordering::Relaxed);
            !self.is_stopping()
        };
        if let Err(error) = self.send_while(may_go_on, (accounts, node)).await {
            self.report(Some(&error.to_string()));
        }
    }

    /// Sends the letters that are due, each at most once, over one connection for as long as that lasts.
    ///
    /// # Errors
    /// Returns an error if the database does not respond. What the mail server does to a letter is recorded in its row.
    #[cfg(feature = "internals")]
    pub async fn send_due(&self, accounts: &Accounts, node: &Node) -> accounts::Result<()> {
        let _sending = self.0.sending.write().await;
        self.send_while(|| true, (accounts, node)).await
    }

    async fn send_while(
        &self,
        may_go_on: impl Fn() -> bool + Send,
        (accounts, node): (&Accounts, &Node),
    ) -> accounts::Result<()> {
        let mut channel = None;
        // What is due by now: a letter that is postponed waits for another turn.
        let mut due_by = None;
        while may_go_on()
            && let Some(mut open) = self.keep_or_open(channel.take(), accounts).await?
        {
            let Some(letter) = accounts.claim_letter(node, due_by).await? else {
                channel = Some(open);
                break;
            };
            due_by.get_or_insert(letter.claimed_at);
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
        Ok(())
    }

    /// The channel for the next letter: a new one only if a letter is due. Returns `None` if none is, or if the mail
    /// server cannot be reached.
    async fn keep_or_open<'a>(
        &'a self,
        channel: Option<Channel<'a>>,
        accounts: &Accounts,
    ) -> accounts::Result<Option<Channel<'a>>> {
        if channel.is_some() {
            return Ok(channel);
        }
        // A mail server that does not answer is asked once at a time.
        let _opening = self.0.opening.lock().await;
        if !accounts.has_due_letter().await? {
            return Ok(None);
        }
        match self.open().await {
            Ok(channel) => Ok(Some(channel)),
            Err(error) => {
                self.put_off_all(accounts, &error).await?;
                Ok(None)
            }
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
