//! Carrying out an act on many: batch after batch, and whoever acts at the very end.

use rocket::futures::stream::{self, TryStreamExt as _};

use super::BeginBulk;
use crate::{
    accounts::{Accounts, Actor, Result},
    store::bulk::acts::set_bulk_record_ended,
};

/// So many accounts are done in one transaction, all of them or none.
const BATCH: usize = 1_000;

/// An act on many that has begun.
#[derive(Debug)]
pub struct BulkRun {
    pub(in crate::accounts) accounts: Accounts,
    pub(in crate::accounts) actor: Actor,
    pub(in crate::accounts) begin: BeginBulk,
    /// Whom it is on: those who were promised, and nobody who comes to match later.
    pub(in crate::accounts) ids: Vec<i64>,
}

impl BulkRun {
    /// Carries it out. What is done stays done, also where it cannot go on; [`Accounts::find_bulk_record`]
    /// tells how far it has come.
    ///
    /// # Errors
    /// Whatever kept it from going on: the login of whoever acts has ended, or the database does not
    /// answer.
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
        let at_once = store.writers_at_once();
        batches.try_for_each_concurrent(at_once, |ids| store.work_in_turn(self.do_batch(ids))).await?;
        if self.begin.promised.includes_actor {
            // Last, for with it their own login may end.
            self.do_actor().await?;
        }
        Ok(())
    }
}
