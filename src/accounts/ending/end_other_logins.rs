//! Ends all logins of the actor's own account but the browser that proved the password, which continues with a new
//! session.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LoginCounts, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::Locked,
        login::open_login::{LoginDates, StartedSession, open_session},
    },
    domain::{event_kind::EventKind, people::password::Password, reason::EndReason, reason_text::Reasons},
    store::{Sql, feed::Change, users},
};

impl Accounts {
    /// Ends all the actor's other logins, of browsers and programs. Returns the session that continues, and how many
    /// others ended. The password confirms the actor.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::TooManyAttempts`], [`AccountsError::Ended`] if the
    /// actor's login has ended, or a database error.
    pub async fn end_other_logins(
        &self,
        actor: &Actor,
        password: &Password,
        remember: bool,
    ) -> Result<(StartedSession, LoginCounts)> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        // The password changed while it was compared, so the actor proved an old one.
        if locked.user.password_hash != proven.password_hash {
            drop(tx);
            return self.refuse_wrong_password(actor, &locked.user).await;
        }
        let (started, others) = self.continue_alone(&mut tx, actor, &locked, EndReason::EndedByUser, remember).await?;
        if others.is_any() {
            let event = new_event(locked.now, EventKind::SessionEnded)
                .by(actor)
                .to(proven.id, &proven.username)
                .because(EndReason::EndedByUser, &Reasons::default())
                .ending(others);
            insert_event_with_receipt(&mut tx, &event, Change::User(proven.id)).await?;
        }
        tx.commit().await?;
        Ok((started, others))
    }

    /// Ends every login of the actor's locked account, and opens a new session for the browser that they act from.
    /// Returns it with the number of other logins that ended.
    pub(in crate::accounts) async fn continue_alone(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        locked: &Locked,
        reason: EndReason,
        remember: bool,
    ) -> Result<(StartedSession, LoginCounts)> {
        let why = (reason, &Reasons::default());
        let ended = self.end_logins_until(on, locked, locked.force_logout_date_now(), &actor.name, why).await?;
        let user = users::find_user(on, locked.user.id).await?;
        let dates = LoginDates::of(locked.now, user.as_ref(), locked.site);
        let client = actor.client.as_ref().ok_or(AccountsError::NoSuchUser)?;
        let started = open_session(on, (locked.user.id, locked.user.role()), client, remember, dates).await?;
        Ok((started, ended.without_own()))
    }
}
