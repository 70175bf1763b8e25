//! What an act on many would do, before it is done.

use crate::{
    accounts::{Accounts, Actor, LoginCounts, Result},
    domain::{
        bulk::{BulkChoice, BulkCounts},
        role::Role,
    },
    store::{
        Connection,
        bulk::{Meant, count_meant_logins, get_greatest_user_id, list_meant},
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
        let now = self.store.clock().now(&mut on).await?;
        let meant = Meant { choice: &choice, actor_id: actor.user_id, actor_role: role, now };
        let (_, counts) = list_meant(&mut on, meant).await?;
        let counts = self.with_logins(&mut on, meant, counts).await?;
        Ok(PreviewedBulk { choice, counts })
    }

    /// The counts with the live logins that the act would end.
    pub(super) async fn with_logins(
        &self,
        on: &mut Connection,
        meant: Meant<'_>,
        counts: BulkCounts,
    ) -> Result<BulkCounts> {
        let site = site::get_site(on).await?.standing();
        let live = self.possibly_live_by_role(site, meant.now);
        let LoginCounts { sessions, tokens } = count_meant_logins(on, meant, &live).await?;
        Ok(BulkCounts { sessions, tokens, ..counts })
    }
}
