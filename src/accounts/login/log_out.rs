//! Logging out.

use crate::{
    accounts::{
        Accounts, Actor, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{event_kind::EventKind, reason::EndReason, reason_text::Reasons},
    store::{
        events::insert_event,
        logins::{self, Ending},
    },
};

impl Accounts {
    /// Ends the actor's session.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn log_out(&self, actor: &Actor) -> Result<()> {
        let (Some(session), Some(user_id)) = (&actor.session, actor.user_id) else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let ending = Ending { at: now, by: &actor.name, reason: EndReason::LoggedOut, reasons: &Reasons::default() };
        if logins::end_login(&mut tx, session, ending).await? {
            let event = new_event(now, EventKind::Logout)
                .by(actor)
                .to(user_id, &actor.name)
                .because(EndReason::LoggedOut, &Reasons::default());
            insert_event(&mut tx, &event).await?;
        }
        Ok(tx.commit().await?)
    }
}
