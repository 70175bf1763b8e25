//! Carries out a bulk action batch by batch, and acts on the actor's own account last.

use rocket::futures::stream::{self, TryStreamExt as _};

use super::BeginBulk;
use crate::{
    accounts::{Accounts, Actor, Result},
    store::bulk::records::set_bulk_record_ended,
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
        tx.commit().await?;
        outcome
    }

    async fn do_all(&self) -> Result<()> {
        let others: Vec<i64> = self.ids.iter().copied().filter(|id| Some(*id) != self.actor.user_id).collect();
        let batches = stream::iter(others.chunks(BATCH).map(Ok));
        let store = &self.accounts.store;
        let at_once = store.max_concurrent_writers();
        batches.try_for_each_concurrent(at_once, |ids| store.run_in_turn(self.do_batch(ids))).await?;
        if self.begin.promised.includes_actor {
            // Last, because it may end the actor's own login.
            self.do_actor().await?;
        }
        Ok(())
    }
}
