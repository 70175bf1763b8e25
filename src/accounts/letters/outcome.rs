//! Records what became of the attempt to send a letter, or of the attempt to reach the mail server.

use std::time::Duration;

use chrono::TimeDelta;
use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Node, Result},
    domain::{
        letters::sending::{LetterFault, LetterState, MOST_SENDINGS, wait_after},
        moment::Moment,
        people::text::escaped,
    },
    store::letters::claims::{
        finish_letter, list_attempts_of_due, lock_claimed_letter, lock_claims, postpone_due_letters, postpone_letter,
    },
};

/// The maximum length of a stored error, in characters: an answer of the mail server can be longer than a page.
const ERROR_CHARACTERS: usize = 300;
/// How many letters one transaction postpones.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(20);

/// What became of an attempt to send a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterOutcome {
    /// The mail server took it.
    Sent,
    /// The mail server will never take it: its answer.
    Refused(String),
    /// The mail server does not have it yet: why.
    NotYet(String),
    /// The mail server may have it: why this is unknown.
    Unknown(String),
}

impl Accounts {
    /// Records what became of an attempt to send a letter that this node has claimed. `has_begun` is whether
    /// [`Self::begin_sending`] has counted the attempt.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Then the attempt counts as one with an unknown outcome.
    pub async fn record_letter_outcome(
        &self,
        node: &Node,
        id: i64,
        has_begun: bool,
        outcome: &LetterOutcome,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let claimed = lock_claimed_letter(&mut tx, id, node.id()).await?;
        match (outcome, claimed) {
            (LetterOutcome::Sent, _) => finish_letter(&mut tx, id, LetterState::Sent, None, now).await?,
            (_, None) => return Ok(()), // another node has taken it over, and may be sending it
            (LetterOutcome::Refused(error), _) => {
                finish_letter(&mut tx, id, LetterState::Failed, Some(&shortened(error)), now).await?;
            }
            (LetterOutcome::NotYet(error) | LetterOutcome::Unknown(error), Some((attempts, sendings))) => {
                let may_have_it = has_begun && matches!(outcome, LetterOutcome::Unknown(_));
                if may_have_it && sendings >= MOST_SENDINGS {
                    let error = LetterFault::UnknownOutcome.code();
                    finish_letter(&mut tx, id, LetterState::Failed, Some(error), now).await?;
                } else {
                    let error = shortened(error);
                    let again = (error.as_str(), after(now, attempts));
                    postpone_letter(&mut tx, id, (has_begun, may_have_it), again).await?;
                }
            }
        }
        Ok(tx.commit().await?)
    }

    /// Postpones every letter that is due, because the mail server cannot be reached. Returns how many.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Batches that were committed before stay committed.
    pub async fn postpone_due_letters(&self, error: &str) -> Result<u64> {
        let (mut postponed, error) = (0, shortened(error));
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.postpone_some(&error))).await? {
            postponed += some;
            sleep(PAUSE).await;
        }
        Ok(postponed)
    }

    async fn postpone_some(&self, error: &str) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        lock_claims(&mut tx).await?;
        let now = self.store.clock().now(&mut tx).await?;
        let mut postponed = 0;
        for attempts in list_attempts_of_due(&mut tx, now).await? {
            postponed += postpone_due_letters(&mut tx, attempts, error, (now, after(now, attempts + 1)), BATCH).await?;
        }
        tx.commit().await?;
        Ok(postponed)
    }
}

/// When to try a letter again, given its number of attempts.
fn after(now: Moment, attempts: i64) -> Moment {
    now + TimeDelta::from_std(wait_after(attempts)).unwrap_or_default()
}

/// The part of an answer that the row keeps, escaped: a mail server may send anything.
fn shortened(error: &str) -> String {
    escaped(error).chars().take(ERROR_CHARACTERS).collect()
}
