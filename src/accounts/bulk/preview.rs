//! Previews a bulk action.

use crate::{
    accounts::{Accounts, Actor, LoginCounts, Result},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkCounts, BulkScope, BulkTerms},
        lists::users_query::PageNumber,
        logins::public_id::PublicId,
        people::role::Role,
    },
    store::{
        Connection,
        bulk::{
            Targets, count_logins_of_targets, get_max_user_id, insert_chosen_users, list_affected_users, list_targets,
            listed::insert_user_list,
        },
        lists::named::KnownUser,
    },
};

/// What a bulk action would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedBulk {
    /// The choice, bounded by the newest account: accounts that register later are not targets.
    pub choice: BulkChoice,
    /// How many accounts it acts on, and how many it skips.
    pub counts: BulkCounts,
    /// The first of the accounts that it acts on, at most [`USERS_LISTED`].
    pub users: Vec<KnownUser>,
    /// The first staff and superusers among the accounts that it acts on, at most ten.
    pub staff: Vec<KnownUser>,
}

/// How many users a page of a bulk action lists.
pub const USERS_LISTED: u32 = 50;
/// How many staff and superusers the confirmation page names.
pub const STAFF_LISTED: u32 = 10;

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
        let live = self.possibly_live_now(&mut on).await?;
        let targets = Targets { choice: &choice, actor_id: actor.user_id, actor_role: role, live: &live };
        let (_, counts) = list_targets(&mut on, targets).await?;
        previewed(&mut on, targets, counts).await
    }

    /// Replaces a filter that follows activity by a stored list of the accounts that match now. Their requests and
    /// logins change who matches, so on a busy site no confirmation would hold. Other choices stay as they are.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn store_active_targets(&self, actor: &Actor, role: Role, choice: BulkChoice) -> Result<BulkChoice> {
        let follows_activity = match &choice.scope {
            BulkScope::Matching(filter) => filter.follows_activity(),
            BulkScope::Ids(_) | BulkScope::Listed(_) => false,
        };
        if !follows_activity {
            return Ok(choice);
        }
        let list = self.store_targets(actor, role, &choice).await?;
        Ok(BulkChoice { scope: BulkScope::Listed(list), ..choice })
    }

    /// Stores the accounts of a choice as a list, and returns its id.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn store_targets(&self, actor: &Actor, role: Role, choice: &BulkChoice) -> Result<PublicId> {
        let list = PublicId::from_random(rand::random());
        let mut tx = self.store.begin().await?;
        let live = self.possibly_live_now(&mut tx).await?;
        let targets = Targets { choice, actor_id: actor.user_id, actor_role: role, live: &live };
        insert_user_list(&mut tx, &list, live.now).await?;
        insert_chosen_users(&mut tx, &list, targets).await?;
        tx.commit().await?;
        Ok(list)
    }

    /// A further page of the accounts that a bulk action would act on.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn list_affected_users(
        &self,
        actor: &Actor,
        role: Role,
        choice: &BulkChoice,
        page: PageNumber,
    ) -> Result<Vec<KnownUser>> {
        let mut on = self.store.read().await?;
        let live = self.possibly_live_now(&mut on).await?;
        let targets = Targets { choice, actor_id: actor.user_id, actor_role: role, live: &live };
        let range = (i64::from(USERS_LISTED), page.offset(USERS_LISTED));
        Ok(list_affected_users(&mut on, targets, false, range).await?)
    }
}

/// Adds the live logins that the action would end, and the first of the users.
async fn previewed(on: &mut Connection, targets: Targets<'_>, counts: BulkCounts) -> Result<PreviewedBulk> {
    let users = list_affected_users(on, targets, false, (i64::from(USERS_LISTED), 0)).await?;
    let staff = match counts.staff {
        0 => Vec::new(),
        _ => list_affected_users(on, targets, true, (i64::from(STAFF_LISTED), 0)).await?,
    };
    let counts = with_logins(on, targets, counts).await?;
    Ok(PreviewedBulk { choice: targets.choice.clone(), counts, users, staff })
}

/// Adds the live logins that the action would end.
async fn with_logins(on: &mut Connection, targets: Targets<'_>, counts: BulkCounts) -> Result<BulkCounts> {
    if targets.choice.action == BulkAction::CancelForceLogout {
        return Ok(counts);
    }
    let mut logins = count_logins_of_targets(on, targets).await?;
    let BulkTerms { at, keeps_own_login, .. } = targets.choice.terms;
    if keeps_own_login && counts.includes_actor && at.is_none() {
        logins = logins.without_own();
    }
    let LoginCounts { sessions, tokens } = logins;
    Ok(BulkCounts { sessions, tokens, ..counts })
}
