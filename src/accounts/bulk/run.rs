//! Carrying out an act on many: batch after batch, and whoever acts at the very end.

use super::BeginBulk;
use crate::{
    accounts::{Accounts, Actor, Result},
    store::{
        bulk::{Meant, list_meant_after},
        bulk_acts::set_bulk_act_ended,
    },
};

/// So many accounts are done in one transaction, all of them or none.
pub(super) const BATCH: i64 = 1_000;

/// An act on many that has begun.
#[derive(Debug)]
pub struct BulkRun {
    pub(super) accounts: Accounts,
    pub(super) actor: Actor,
    pub(super) begin: BeginBulk,
}

impl BulkRun {
    pub(super) const fn new(accounts: Accounts, actor: Actor, begin: BeginBulk) -> Self {
        Self { accounts, actor, begin }
    }

    /// Carries it out. What is done stays done, also where it cannot go on; [`Accounts::find_bulk_act`]
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
        set_bulk_act_ended(&mut tx, &self.begin.id, now, failure.as_deref()).await?;
        tx.commit().await?;
        outcome
    }

    async fn do_all(&self) -> Result<()> {
        let mut after = 0;
        while let Some(last) = self.do_next(after).await? {
            after = last;
        }
        if self.begin.promised.includes_actor {
            // Last, for with it their own login may end.
            self.do_actor().await?;
        }
        Ok(())
    }

    /// Does the next batch; the number of its last account, or none when nobody was left.
    async fn do_next(&self, after: i64) -> Result<Option<i64>> {
        let store = &self.accounts.store;
        let mut on = store.read().await?;
        let now = store.clock().now(&mut on).await?;
        let role = self.accounts.must_be_live(&mut on, &self.actor, now).await?;
        let meant = Meant { choice: &self.begin.choice, actor_id: self.actor.user_id, actor_role: role, now };
        let ids = list_meant_after(&mut on, meant, after, BATCH).await?;
        drop(on);
        let Some(last) = ids.last().copied() else { return Ok(None) };
        self.do_batch(&ids).await?;
        Ok(Some(last))
    }
}
