//! Changes the actor's own password: this browser continues with a new session, all other logins end.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LoginCounts, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        lock::Locked,
        login::open_login::{LoginDates, StartedSession, open_session},
    },
    domain::{
        event_kind::EventKind,
        people::password::{NewPassword, Password},
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{Sql, feed::Change, logins::Ending, users},
};

impl Accounts {
    /// Changes the actor's password and ends all their logins. The browser that proved the old password continues with
    /// a new session, which is returned with the number of other logins that ended.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::TooManyTries`], [`AccountsError::Ended`] if the
    /// actor's login has ended, or a database error.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &Password,
        new: &NewPassword,
        remember: bool,
    ) -> Result<(StartedSession, LoginCounts)> {
        let proven = self.prove_password(actor, current).await?;
        let hash = self.hasher.hash(new.as_password()).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        if locked.user.password_hash != proven.password_hash {
            drop(tx);
            return self.refuse_wrong_password(actor, &locked.user).await;
        }
        let ended = self.replace_password(&mut tx, actor, &locked, &hash).await?;
        // The session that continues does not count as ended.
        let others = LoginCounts { sessions: ended.sessions.saturating_sub(1), ..ended };
        let user = users::find_user(&mut tx, proven.id).await?;
        let dates = LoginDates::of(locked.now, user.as_ref(), locked.site);
        let client = actor.client.as_ref().ok_or(AccountsError::NoSuchUser)?;
        let started = open_session(&mut tx, (proven.id, proven.role()), client, remember, dates).await?;
        let event = new_event(locked.now, EventKind::PasswordChanged)
            .by(actor)
            .to(proven.id, &proven.username)
            .because(EndReason::PasswordChanged, &Reasons::default())
            .ending(others);
        insert_event_with_receipt(&mut tx, &event, Change::User(proven.id)).await?;
        tx.commit().await?;
        Ok((started, others))
    }

    /// Stores the new hash, ends every login of the account, and returns how many.
    pub(super) async fn replace_password(
        &self,
        on: &mut impl Sql,
        actor: &Actor,
        locked: &Locked,
        hash: &str,
    ) -> Result<LoginCounts> {
        let Locked { user, now, .. } = locked;
        let (date, none) = (locked.force_logout_date_now(), Reasons::default());
        users::set_password_hash(on, user.id, hash).await?;
        users::set_force_logout_date(on, user.id, date, EndReason::PasswordChanged, &none).await?;
        let ending = Ending { at: *now, by: &actor.name, reason: EndReason::PasswordChanged, reasons: &none };
        self.end_live_logins(on, locked, date, ending).await
    }
}
