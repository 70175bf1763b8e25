//! What an act on many would do, before it is done.

use crate::{
    accounts::{Accounts, Actor, Result},
    domain::{
        bulk::{BulkChoice, BulkCounts},
        role::Role,
    },
    store::{
        Connection,
        bulk::{Meant, get_greatest_user_id, list_meant},
        site,
    },
};

/// What an act on many would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedBulk {
    /// The choice, with an end: whoever registers from now on is not meant.
    pub choice: BulkChoice,
    /// Whom and how many it is on, and how many it passes over.
    pub counts: BulkCounts,
}

impl Accounts {
    /// Counts what an act on many would do, exactly.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn preview_bulk(&self, actor: &Actor, role: Role, choice: &BulkChoice) -> Result<PreviewedBulk> {
        let mut on = self.store.read().await?;
        let up_to = match choice.up_to {
            Some(up_to) => up_to,
            None => get_greatest_user_id(&mut on).await?,
        };
        let choice = BulkChoice { up_to: Some(up_to), ..choice.clone() };
        let (_, counts) = self.list_bulk(&mut on, actor, role, &choice).await?;
        Ok(PreviewedBulk { choice, counts })
    }

    /// The numbers of those whom an act on many is on, and the counts.
    pub(super) async fn list_bulk(
        &self,
        on: &mut Connection,
        actor: &Actor,
        role: Role,
        choice: &BulkChoice,
    ) -> Result<(Vec<i64>, BulkCounts)> {
        let now = self.store.clock().now(on).await?;
        let site = site::get_site(on).await?.standing();
        let meant = Meant { choice, actor_id: actor.user_id, actor_role: role, now };
        Ok(list_meant(on, meant, &self.may_be_live_by_role(site, now)).await?)
    }
}
