//! What an act on many would do, before it is done.

use sha2::{Digest as _, Sha256};

use crate::{
    accounts::{Accounts, Actor, Result},
    domain::{
        bulk::{BulkChoice, BulkCounts},
        role::Role,
    },
    store::{
        Connection,
        bulk::{Meant, count_meant, get_greatest_user_id, list_meant},
        site,
    },
};

/// What an act on many would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedBulk {
    /// The choice, with an end: whoever registers from now on is not meant.
    pub choice: BulkChoice,
    /// How many it is on, and how many it passes over.
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
        let (counts, _) = self.count_bulk(&mut on, actor, role, &choice).await?;
        Ok(PreviewedBulk { choice, counts })
    }

    /// The same with the numbers of those users.
    pub(super) async fn count_bulk(
        &self,
        on: &mut Connection,
        actor: &Actor,
        role: Role,
        choice: &BulkChoice,
    ) -> Result<(BulkCounts, Vec<i64>)> {
        let now = self.store.clock().now(on).await?;
        let site = site::get_site(on).await?.standing();
        let meant = Meant { choice, actor_id: actor.user_id, actor_role: role, now };
        let counts = count_meant(on, meant, &self.may_be_live_by_role(site, now)).await?;
        let ids = list_meant(on, meant).await?;
        let users = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        Ok((BulkCounts { users, whom: digest(&ids), ..counts }, ids))
    }
}

/// Of the numbers, which are in their order.
fn digest(ids: &[i64]) -> u64 {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.to_be_bytes());
    }
    hash.finalize()[..8].iter().fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}
