//! Letting an account's person log in again.

use super::{
    Accounts, AccountsError, Actor, Result, Target,
    event::{Tell as _, event},
    superusers::must_reach,
};
use crate::{
    domain::reason_text::Reasons,
    store::{
        events::{EventKind, insert_event},
        users,
    },
};

impl Accounts {
    /// Activates an account; says whether it was inactive. Its person logs in anew.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`], or a failure of the database.
    pub async fn activate(&self, actor: &Actor, target: &Target, reasons: &Reasons) -> Result<bool> {
        let user_id = self.find_target(target).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let user = &locked.user;
        must_reach(actor, user.role())?;
        let was_inactive = !user.is_active_at(locked.now);
        if was_inactive {
            users::set_active(&mut tx, user.id).await?;
            let mut told = event(locked.now, EventKind::Activated).by(actor).to(user.id, &user.username);
            told.reasons = reasons.clone();
            insert_event(&mut tx, &told).await?;
        }
        tx.commit().await?;
        Ok(was_inactive)
    }
}
