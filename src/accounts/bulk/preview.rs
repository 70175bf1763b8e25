//! Previews a bulk action.

use crate::{
    accounts::{Accounts, Actor, LoginCounts, Result},
    domain::{
        bulk::{BulkChoice, BulkCounts},
        people::role::Role,
    },
    store::{
        Connection,
        bulk::{Targets, count_logins_of_targets, get_max_user_id, list_targets},
        site,
    },
};

/// What a bulk action would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedBulk {
    /// The choice, bounded by the newest account: accounts that register later are not targets.
    pub choice: BulkChoice,
    /// How many accounts it acts on, and how many it skips.
    pub counts: BulkCounts,
}

impl Accounts {
    /// Counts exactly what a bulk action would do.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn preview_bulk(&self, actor: &Actor, role: Role, choice: &BulkChoice) -> Result<PreviewedBulk> {
        let mut on = self.store.read().await?;
        let up_to = match choice.up_to {
            Some(up_to) => up_to,
            None => get_max_user_id(&mut on).await?,
        };
        let choice = BulkChoice { up_to: Some(up_to), ..choice.clone() };
        let now = self.store.clock().now(&mut on).await?;
        let targets = Targets { choice: &choice, actor_id: actor.user_id, actor_role: role, now };
        let (_, counts) = list_targets(&mut on, targets).await?;
        let counts = self.with_logins(&mut on, targets, counts).await?;
        Ok(PreviewedBulk { choice, counts })
    }

    /// Adds the live logins that the action would end.
    pub(super) async fn with_logins(
        &self,
        on: &mut Connection,
        targets: Targets<'_>,
        counts: BulkCounts,
    ) -> Result<BulkCounts> {
        let site = site::get_site(on).await?.standing();
        let live = self.possibly_live_by_role(site, targets.now);
        let LoginCounts { sessions, tokens } = count_logins_of_targets(on, targets, &live).await?;
        Ok(BulkCounts { sessions, tokens, ..counts })
    }
}
