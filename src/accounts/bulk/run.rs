//! Carries out a bulk action batch by batch, and acts on the actor's own account last.

use rocket::futures::stream::{self, TryStreamExt as _};

use super::{BeginBulk, end_logins::LoginsRun};
use crate::{
    accounts::{Accounts, AccountsError, Actor, Result},
    domain::logins::public_id::PublicId,
    store::{
        Transaction,
        bulk::{
            listed::find_listed_user,
            records::{find_bulk_record, set_bulk_record_ended},
        },
        feed::Change,
        fleet::receipts::request_receipts,
    },
};

/// How many accounts one transaction acts on: all of them or none.
const BATCH: usize = 1_000;

/// A bulk action that has begun.
#[derive(Debug)]
pub enum BulkRun {
    /// On users.
    Users(Box<UsersRun>),
    /// On chosen logins.
    Logins(Box<LoginsRun>),
}

/// A bulk action on users that has begun.
#[derive(Debug)]
pub struct UsersRun {
    pub(in crate::accounts) accounts: Accounts,
    pub(in crate::accounts) actor: Actor,
    pub(in crate::accounts) begin: BeginBulk,
    /// The accounts that were confirmed. Accounts that match later are not added.
    pub(in crate::accounts) ids: Vec<i64>,
    /// Whether the actor's own account is left out.
    pub(in crate::accounts) leaves_out_actor: bool,
}

impl BulkRun {
    /// Carries out the bulk action. If it fails, what is done stays done, and [`Accounts::find_bulk_record`] shows how
    /// far it got.
    ///
    /// # Errors
    /// Returns an error if the actor's login ends or the database does not respond.
    pub async fn run(self) -> Result<()> {
        let outcome = match &self {
            Self::Users(run) => run.do_all().await,
            Self::Logins(run) => run.do_all().await,
        };
        let recorded = self.record_end(outcome.as_ref().err()).await;
        outcome.and(recorded)
    }

    /// Records that the action has ended, and what went wrong.
    async fn record_end(&self, failure: Option<&AccountsError>) -> Result<()> {
        let (store, id) = match self {
            Self::Users(run) => (&run.accounts.store, &run.begin.id),
            Self::Logins(run) => (&run.accounts.store, &run.begin.id),
        };
        let failure = failure.map(ToString::to_string);
        let mut tx = store.begin().await?;
        let now = store.clock().now(&mut tx).await?;
        set_bulk_record_ended(&mut tx, id.as_str(), now, failure.as_deref()).await?;
        // A schedule ends nothing yet.
        let is_schedule = matches!(self, Self::Users(run) if run.schedule(now).is_some());
        if !is_schedule {
            ask_for_receipts(&mut tx, id).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Asks each node to report when it has applied the whole action. Nodes apply changes in order, so a change that follows
/// all others is enough. A change must name a user, so it names one of them.
async fn ask_for_receipts(on: &mut Transaction, id: &PublicId) -> Result<()> {
    let record = find_bulk_record(on, id).await?;
    let user = find_listed_user(on, id).await?;
    if let (Some(event_id), Some(user)) = (record.and_then(|record| record.event_id), user) {
        request_receipts(on, Change::User(user), event_id).await?;
    }
    Ok(())
}

impl UsersRun {
    async fn do_all(&self) -> Result<()> {
        let others: Vec<i64> = self.ids.iter().copied().filter(|id| Some(*id) != self.actor.user_id).collect();
        let batches = stream::iter(others.chunks(BATCH).map(Ok));
        let store = &self.accounts.store;
        let at_once = store.max_concurrent_writers();
        batches.try_for_each_concurrent(at_once, |ids| store.run_in_turn(self.do_batch(ids))).await?;
        if self.begin.promised.includes_actor && !self.leaves_out_actor {
            // Last, because it may end the actor's own login.
            self.do_actor().await?;
        }
        Ok(())
    }
}
