//! Carries out a bulk action batch by batch, and acts on the actor's own account last.

use rocket::futures::stream::{self, TryStreamExt as _};

use super::BeginBulk;
use crate::{
    accounts::{Accounts, Actor, Result},
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
pub struct BulkRun {
    pub(in crate::accounts) accounts: Accounts,
    pub(in crate::accounts) actor: Actor,
    pub(in crate::accounts) begin: BeginBulk,
    /// The accounts that were confirmed. Accounts that match later are not added.
    pub(in crate::accounts) ids: Vec<i64>,
}

impl BulkRun {
    /// Carries out the bulk action. If it fails, what is done stays done, and [`Accounts::find_bulk_record`] shows how
    /// far it came.
    ///
    /// # Errors
    /// Returns an error if the actor's login ends or the database does not respond.
    pub async fn run(self) -> Result<()> {
        let outcome = self.do_all().await;
        let failure = outcome.as_ref().err().map(ToString::to_string);
        let store = &self.accounts.store;
        let mut tx = store.begin().await?;
        let now = store.clock().now(&mut tx).await?;
        set_bulk_record_ended(&mut tx, self.begin.id.as_str(), now, failure.as_deref()).await?;
        // A schedule ends nothing yet.
        if self.schedule(now).is_none() {
            self.request_receipts(&mut tx).await?;
        }
        tx.commit().await?;
        outcome
    }

    /// Asks each node to report when it has applied the whole action. Nodes apply changes in order, so a change that
    /// follows all others is enough. It names one of the users: a change of nobody does not exist.
    async fn request_receipts(&self, on: &mut Transaction) -> Result<()> {
        let record = find_bulk_record(on, &self.begin.id).await?;
        let user = find_listed_user(on, &self.begin.id).await?;
        if let (Some(event_id), Some(user)) = (record.and_then(|record| record.event_id), user) {
            request_receipts(on, Change::User(user), event_id).await?;
        }
        Ok(())
    }

    async fn do_all(&self) -> Result<()> {
        let others: Vec<i64> = self.ids.iter().copied().filter(|id| Some(*id) != self.actor.user_id).collect();
        let batches = stream::iter(others.chunks(BATCH).map(Ok));
        let store = &self.accounts.store;
        let at_once = store.max_concurrent_writers();
        batches.try_for_each_concurrent(at_once, |ids| store.run_in_turn(self.do_batch(ids))).await?;
        let now = store.clock().now(&mut store.read().await?).await?;
        if self.begin.promised.includes_actor && !self.begin.leaves_out_actor(now) {
            // Last, because it may end the actor's own login.
            self.do_actor().await?;
        }
        Ok(())
    }
}
