//! Adds a template for reasons.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, RefusedAction, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        event_kind::EventKind,
        reason_template::{MOST_TEMPLATES, NewReasonTemplate},
    },
    store::{
        events::insert_event,
        reason_templates::{count_reason_templates, insert_reason_template},
    },
};

impl Accounts {
    /// Adds a template, for superusers.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::TitleTaken`], [`AccountsError::TemplatesFull`], [`AccountsError::Forbidden`], or a
    /// database error.
    pub async fn add_reason_template(&self, actor: &Actor, new: &NewReasonTemplate) -> Result<()> {
        let outcome = self.try_add_reason_template(actor, new).await;
        self.record_if_refused(actor, None, RefusedAction::ChangeReasonTemplates, outcome).await
    }

    async fn try_add_reason_template(&self, actor: &Actor, new: &NewReasonTemplate) -> Result<()> {
        let mut tx = self.store.begin().await?;
        // Two at once could exceed the limit.
        self.lock_site(&mut tx).await?;
        let now = self.store.clock().now(&mut tx).await?;
        self.must_be_superuser(&mut tx, actor, now).await?;
        if count_reason_templates(&mut tx).await? >= i64::from(MOST_TEMPLATES) {
            return Err(AccountsError::TemplatesFull);
        }
        if !insert_reason_template(&mut tx, new).await? {
            return Err(AccountsError::TitleTaken);
        }
        let title = Detail::ReasonTemplate(new.title.as_str());
        insert_event(&mut tx, &new_event(now, EventKind::ReasonTemplateAdded).by(actor).saying(title)).await?;
        tx.commit().await?;
        Ok(())
    }
}
