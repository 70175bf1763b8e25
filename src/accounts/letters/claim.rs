//! Claims the next letter that is due, and keeps the claim while the letter is being sent.
//!
//! A letter is never lost, and its recipient never gets it more than twice. A node counts a sending in a transaction of
//! its own before the mail server can have the letter, and a letter has at most two sendings with an unknown outcome.

use std::time::Duration;

use chrono::TimeDelta;
use rocket::tokio::time::sleep;

use super::{Composed, LetterToSend, QueuedLetter, compose_letter};
use crate::{
    accounts::{Accounts, AccountsError, Node, Result, locked::Locked},
    domain::{
        letters::{
            kind::LetterKind,
            sending::{LIMIT_PERIOD, LetterFault, LetterState, MOST_ATTEMPTS, MOST_SENDINGS, wait_after},
        },
        moment::{Moment, moment_before},
        people::login_key::login_key,
    },
    store::{
        StoreError, Transaction,
        letters::{
            claims::{
                DueLetter, begin_sending, claim_letter, extend_claim, find_due_letter, finish_letter, is_letter_due,
                lock_claims, lock_due_letter, postpone_due_letter,
            },
            limits::{add_to_letter_put_off, delete_requests_for_nobody, list_counted_letters, put_off_letter},
            listed::delete_letter,
        },
        users::find_user_by_email,
    },
};

/// How long a claim lasts. Then another node takes over the letter: this one is dead, or lost its database.
const CLAIM_LIFETIME: TimeDelta = TimeDelta::seconds(15);
/// When to recheck an address whose counted letters have not been sent yet.
const LIMIT_LOOKED_AT_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// How many requests one transaction deletes.
const BATCH: i64 = 200;
/// The pause after letters that are not sent, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(10);
/// How often the claim is extended while the letter is being sent: two of these may fail before the claim runs out.
pub const CLAIM_EXTENDED_EVERY: Duration = Duration::from_secs(5);

/// What became of one letter that was due.
enum Claim {
    /// None was due.
    Nothing,
    /// It is not to be sent now: it was postponed, dropped or deleted, by this node or by another while this one waited
    /// for the account.
    NotNow,
    /// It is this node's to send.
    Send(Box<LetterToSend>),
    /// It could not be prepared, and the transaction must be rolled back.
    Broken(i64, AccountsError),
}

impl Accounts {
    /// Whether a letter is due. Cheap enough to ask every second.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn has_due_letter(&self) -> Result<bool> {
        Ok(is_letter_due(&mut self.store.read().await?, self.store.clock().estimate()).await?)
    }

    /// Claims the letter that has been due longest for a node, and prepares it. Returns `None` if none is due. With
    /// `due_by`, ignores letters that came due after it.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn claim_letter(&self, node: &Node, due_by: Option<Moment>) -> Result<Option<LetterToSend>> {
        loop {
            match self.claim_next(node, due_by).await? {
                Claim::Nothing => return Ok(None),
                Claim::Send(letter) => return Ok(Some(*letter)),
                Claim::NotNow => sleep(PAUSE).await,
                Claim::Broken(id, error) => {
                    log::error!("could not prepare letter {id}, will retry: {error}");
                    self.postpone_broken(id).await?;
                }
            }
        }
    }

    async fn claim_next(&self, node: &Node, due_by: Option<Moment>) -> Result<Claim> {
        let mut tx = self.store.begin().await?;
        lock_claims(&mut tx).await?;
        let now = self.store.clock().now(&mut tx).await?;
        let due_by = due_by.map_or(now, |earlier| earlier.min(now));
        let Some(found) = find_due_letter(&mut tx, due_by).await? else { return Ok(Claim::Nothing) };
        let id = found.0;
        match self.claim(&mut tx, found, node, (now, due_by)).await {
            Ok(claim) => {
                tx.commit().await?;
                Ok(claim)
            }
            // The next letters need the database too.
            Err(error @ AccountsError::Store(StoreError::Unavailable(_) | StoreError::Unwritable)) => Err(error),
            // The next letters must not wait for this one.
            Err(error) => Ok(Claim::Broken(id, error)),
        }
    }

    async fn claim(
        &self,
        tx: &mut Transaction,
        (id, user_id, address): (i64, Option<i64>, String),
        node: &Node,
        (now, due_by): (Moment, Moment),
    ) -> Result<Claim> {
        let account = match user_id {
            Some(user_id) => self.lock_account(tx, user_id).await?,
            None => self.lock_account_with(tx, &address).await?,
        };
        if user_id.is_none() && account.is_none() {
            delete_requests_for_nobody(tx, due_by, BATCH).await?;
        }
        let Some(due) = lock_due_letter(tx, id, due_by).await? else { return Ok(Claim::NotNow) };
        let queued = match read(&due) {
            Ok(queued) => queued,
            Err(error) => {
                finish_letter(tx, id, LetterState::Failed, error.as_deref(), now).await?;
                return Ok(Claim::NotNow);
            }
        };
        if hold_back(tx, queued.kind, &due, now).await? {
            return Ok(Claim::NotNow);
        }
        match compose_letter(tx, queued, account).await? {
            Composed::Send { letter, link_id } => {
                claim_letter(tx, (id, link_id), node.id(), (now, now + CLAIM_LIFETIME)).await?;
                return Ok(Claim::Send(letter));
            }
            // It may have arrived, and counts for the limit.
            Composed::Drop if due.sendings > 0 => finish_letter(tx, id, LetterState::Dropped, None, now).await?,
            Composed::Drop => delete_letter(tx, id).await?,
        }
        Ok(Claim::NotNow)
    }

    /// Locks the account that has this email.
    async fn lock_account_with(&self, tx: &mut Transaction, address: &str) -> Result<Option<Locked>> {
        let Some(user_id) = find_user_by_email(tx, address).await? else { return Ok(None) };
        let account = self.lock_account(tx, user_id).await?;
        // Its email may have changed before it was locked.
        Ok(account.filter(|locked| login_key(&locked.user.email) == login_key(address)))
    }

    async fn postpone_broken(&self, id: i64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let fault = LetterFault::Unreadable.code();
        match lock_due_letter(&mut tx, id, now).await? {
            Some(due) if due.attempts >= MOST_ATTEMPTS => {
                finish_letter(&mut tx, id, LetterState::Failed, Some(fault), now).await?;
            }
            _ => {
                let again_at = now + TimeDelta::from_std(wait_after(MOST_ATTEMPTS)).unwrap_or_default();
                postpone_due_letter(&mut tx, id, fault, (now, again_at)).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Extends the node's claim of a letter. Returns false if another node may have taken the letter over.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn extend_claim(&self, node: &Node, id: i64) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let is_extended = extend_claim(&mut tx, id, node.id(), (now, now + CLAIM_LIFETIME)).await?;
        tx.commit().await?;
        Ok(is_extended)
    }

    /// Records that the mail server may have the letter from now on. Returns false if it must not be sent: another node
    /// may have taken it over.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. The letter must then not be sent.
    pub async fn begin_sending(&self, node: &Node, id: i64) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let may_send = begin_sending(&mut tx, id, node.id(), (now, now + CLAIM_LIFETIME)).await?;
        tx.commit().await?;
        Ok(may_send)
    }
}

/// Postpones a letter whose address has had the hourly maximum of its kind. Returns true if the letter is not to be sent
/// now.
///
/// At most one letter of a kind waits for each account, so nobody can fill the next hours. A further one is dropped,
/// and the one that waits stands for both. A letter that a visitor requested is dropped: its address has just had the
/// maximum.
///
/// An address that is not verified yet belongs to nobody. So a letter of any account stands for those of others there,
/// but not for the letter of the account that has the address: one letter an hour is kept for that account.
async fn hold_back(tx: &mut Transaction, kind: LetterKind, due: &DueLetter, now: Moment) -> Result<bool> {
    let counted = list_counted_letters(tx, kind, due, moment_before(now, LIMIT_PERIOD)).await?;
    let (mut most, mut by_any_account) = (kind.most_per_hour(), false);
    if kind == LetterKind::VerifyEmail && due.user_id.is_some() {
        let owner = find_user_by_email(tx, &due.address).await?;
        by_any_account = owner != due.user_id;
        most -= usize::from(owner.is_some() && by_any_account);
    }
    let Some(must_pass) = counted.len().checked_sub(most) else { return Ok(false) };
    if due.user_id.is_none() && due.sendings == 0 {
        delete_letter(tx, due.id).await?;
    } else if due.user_id.is_none() || add_to_letter_put_off(tx, kind, due, by_any_account).await? {
        finish_letter(tx, due.id, LetterState::Dropped, Some(LetterFault::Limit.code()), now).await?;
    } else {
        let passes_at = counted.get(must_pass).copied().flatten().map(|started_at| started_at + LIMIT_PERIOD);
        put_off_letter(tx, due.id, passes_at.unwrap_or(now + LIMIT_LOOKED_AT_AGAIN)).await?;
    }
    Ok(true)
}

/// The letter as it was queued. Returns the error of one that must not be tried again.
fn read(due: &DueLetter) -> std::result::Result<QueuedLetter, Option<String>> {
    let unreadable = || Some(LetterFault::Unreadable.code().to_owned());
    if due.sendings >= MOST_SENDINGS {
        return Err(Some(LetterFault::UnknownOutcome.code().to_owned()));
    }
    if due.attempts >= MOST_ATTEMPTS {
        return Err(due.error.clone());
    }
    Ok(QueuedLetter {
        id: due.id,
        kind: LetterKind::from_code(&due.kind).ok_or_else(unreadable)?,
        user_id: due.user_id,
        address: due.address.clone(),
        origin: due.origin.clone(),
        details: serde_json::from_str(&due.details).map_err(|_| unreadable())?,
        times: due.times,
        queued_at: due.queued_at,
        link_id: due.link_id,
    })
}
