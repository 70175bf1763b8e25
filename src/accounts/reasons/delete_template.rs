//! Deletes a template for reasons. Reasons that were given with it stay as they are.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, RefusedAction, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::event_kind::EventKind,
    store::{events::insert_event, reason_templates::delete_reason_template},
};

impl Accounts {
    /// Deletes a template, for superusers. Returns its title.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchTemplate`], [`AccountsError::Forbidden`], or a database error.
    pub async fn delete_reason_template(&self, actor: &Actor, id: i64) -> Result<String> {
        let outcome = self.try_delete_reason_template(actor, id).await;
        self.record_if_refused(actor, None, RefusedAction::ChangeReasonTemplates, outcome).await
    }

    async fn try_delete_reason_template(&self, actor: &Actor, id: i64) -> Result<String> {
        let mut tx = self.store.begin().await?;
        self.lock_site(&mut tx).await?;
        let now = self.store.clock().now(&mut tx).await?;
        self.must_be_superuser(&mut tx, actor, now).await?;
        let title = delete_reason_template(&mut tx, id).await?.ok_or(AccountsError::NoSuchTemplate)?;
        let event = new_event(now, EventKind::ReasonTemplateDeleted).by(actor);
        insert_event(&mut tx, &event.saying(Detail::ReasonTemplate(&title))).await?;
        tx.commit().await?;
        Ok(title)
    }
}
