//! Deleting an account.

use super::{
    Accounts, Actor, Result, Target,
    event::{Tell as _, event, insert_ending},
};
use crate::{
    domain::{reason::EndReason, reason_text::Reasons},
    store::{events::EventKind, feed::Change, sessions::Ending, users},
};

impl Accounts {
    /// Deletes an account, for superusers; its sessions end, and the events keep its name.
    ///
    /// # Errors
    /// [`super::AccountsError::NoSuchUser`], [`super::AccountsError::Forbidden`],
    /// [`super::AccountsError::LastSuperuser`], or a failure of the database.
    pub async fn delete_user(&self, actor: &Actor, target: &Target, reasons: &Reasons) -> Result<()> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_delete_user(actor, user_id, reasons).await;
        self.tell_if_refused(actor, Some(user_id), "deletion", outcome).await
    }

    async fn try_delete_user(&self, actor: &Actor, user_id: i64, reasons: &Reasons) -> Result<()> {
        let (mut tx, locked) = self.begin_grave_act(actor, user_id).await?;
        self.must_be_superuser(&mut tx, actor, locked.now).await?;
        self.must_not_be_last_superuser(&mut tx, &locked).await?;
        let (user, now) = (&locked.user, locked.now);
        let ending = Ending { at: now, by: &actor.name, reason: EndReason::Deleted, reasons };
        let live = self.live_sessions_after(user, locked.site, now);
        let ended = self.end_sessions(&mut tx, user.id, locked.force_logout_date_now(), live, ending).await?;
        users::delete_user(&mut tx, user.id).await?;
        let told = event(now, EventKind::Deleted)
            .by(actor)
            .to(user.id, &user.username)
            .because(EndReason::Deleted, reasons)
            .ending(ended);
        insert_ending(&mut tx, &told, Change::User(user.id)).await?;
        Ok(tx.commit().await?)
    }
}
