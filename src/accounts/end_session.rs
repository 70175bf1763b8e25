//! Ending sessions by themselves: one, or all but one's own. The account's date stays where it is.

use super::{
    Accounts, AccountsError, Actor, EndedLogins, Result,
    event::{Tell as _, event},
    fold::Locked,
    prove_presence::note_presence,
};
use crate::{
    domain::{
        password::Password,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
        session_secret::SessionId,
    },
    store::{
        Sql, Transaction,
        events::{EventKind, insert_event},
        sessions::{self, Ending},
        tokens, users,
    },
};

/// What came of ending one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSession {
    /// It has ended.
    Ended,
    /// It was the actor's own, so they are logged out.
    Own,
    /// It had ended before.
    WasOver,
}

impl Accounts {
    /// Ends one of the actor's own sessions.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchSession`] for one that is not theirs, [`AccountsError::Ended`] when
    /// their own login has ended, or a failure of the database.
    pub async fn end_own_session(&self, actor: &Actor, session: &SessionId) -> Result<EndedSession> {
        let user_id = actor.user_id.ok_or(AccountsError::NoSuchSession)?;
        let (mut tx, locked, is_live) = self.begin_on_session(user_id, session).await?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        if actor.session.as_ref() == Some(session) {
            drop(tx);
            self.log_out(actor).await?;
            return Ok(EndedSession::Own);
        }
        if !is_live {
            tx.commit().await?;
            return Ok(EndedSession::WasOver);
        }
        end_one(&mut tx, actor, &locked, session, (EndReason::EndedByUser, &Reasons::default())).await?;
        tx.commit().await?;
        Ok(EndedSession::Ended)
    }

    /// Ends all live sessions of the actor but the one they act from, and the families of JWT; returns how
    /// many. Opaque tokens have a page of their own. The password proves that it is they.
    ///
    /// # Errors
    /// [`AccountsError::WrongPassword`], [`AccountsError::TooManyTries`], [`AccountsError::Ended`]
    /// when their own login has ended, or a failure of the database.
    pub async fn end_other_sessions(&self, actor: &Actor, password: &Password) -> Result<EndedLogins> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let Locked { user, site, now } = &locked;
        // Changed while it was compared: what was proven is no longer the password.
        if user.password_hash != proven.password_hash {
            drop(tx);
            return self.refuse_wrong_password(actor, user).await;
        }
        note_presence(&mut tx, actor, *now).await?;
        let own = actor.session.as_ref().ok_or(AccountsError::NoSuchSession)?;
        let (reason, none) = (EndReason::EndedByUser, Reasons::default());
        let ending = Ending { at: *now, by: &actor.name, reason, reasons: &none };
        let live = self.live_sessions_after(user, *site, *now);
        let ended = EndedLogins {
            sessions: sessions::end_other_sessions(&mut tx, user.id, own, live, ending).await?,
            tokens: tokens::end_families(&mut tx, user.id, locked.live_tokens(), ending).await?,
        };
        if ended.is_any() {
            let told = event(*now, EventKind::SessionEnded).by(actor).to(user.id, &user.username);
            insert_event(&mut tx, &told.because(reason, &none).ending(ended)).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends one session of an account, for staff.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchSession`] for one that is not that account's,
    /// [`AccountsError::Forbidden`], or a failure of the database.
    pub async fn end_session_of(
        &self,
        actor: &Actor,
        user_id: i64,
        session: &SessionId,
        staff_reason: ReasonText,
    ) -> Result<EndedSession> {
        let outcome = self.try_end_session_of(actor, user_id, session, staff_reason).await;
        self.tell_if_refused(actor, Some(user_id), "end of a session", outcome).await
    }

    async fn try_end_session_of(
        &self,
        actor: &Actor,
        user_id: i64,
        session: &SessionId,
        staff_reason: ReasonText,
    ) -> Result<EndedSession> {
        let (mut tx, locked, is_live) = self.begin_on_session(user_id, session).await?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        if !is_live {
            tx.commit().await?;
            return Ok(EndedSession::WasOver);
        }
        let reasons = Reasons { for_staff: staff_reason, for_user: ReasonText::default() };
        end_one(&mut tx, actor, &locked, session, (EndReason::ForcedOut, &reasons)).await?;
        tx.commit().await?;
        let is_own = actor.session.as_ref() == Some(session);
        Ok(if is_own { EndedSession::Own } else { EndedSession::Ended })
    }

    /// Ends one session by its name alone, for staff.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchSession`], [`AccountsError::Forbidden`], or a failure of the database.
    pub async fn end_session(
        &self,
        actor: &Actor,
        session: &SessionId,
        staff_reason: ReasonText,
    ) -> Result<EndedSession> {
        let mut on = self.store.read().await?;
        let found = sessions::find_session(&mut on, session).await?.ok_or(AccountsError::NoSuchSession)?;
        let is_of_somebody = users::find_user(&mut on, found.user_id).await?.is_some();
        drop(on);
        if is_of_somebody {
            self.end_session_of(actor, found.user_id, session, staff_reason).await
        } else {
            Ok(EndedSession::WasOver)
        }
    }

    /// Locks the account whose session it must be, and says whether that is live.
    async fn begin_on_session(&self, user_id: i64, session: &SessionId) -> Result<(Transaction, Locked, bool)> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchSession)?;
        let found = sessions::find_session(&mut tx, session).await?.filter(|found| found.user_id == user_id);
        let found = found.ok_or(AccountsError::NoSuchSession)?;
        let live = self.live_sessions_after(&locked.user, locked.site, locked.now);
        let is_within = found.login_date > live.login && found.opened_at > live.opened && found.last_seen > live.seen;
        let is_live = found.ended()?.is_none() && is_within && locked.user.is_active_at(locked.now);
        Ok((tx, locked, is_live))
    }
}

async fn end_one(
    on: &mut impl Sql,
    actor: &Actor,
    locked: &Locked,
    session: &SessionId,
    (reason, reasons): (EndReason, &Reasons),
) -> Result<()> {
    let Locked { user, now, .. } = locked;
    let ending = Ending { at: *now, by: &actor.name, reason, reasons };
    sessions::end_session(on, session, ending).await?;
    let mut told = event(*now, EventKind::SessionEnded).by(actor).to(user.id, &user.username).because(reason, reasons);
    told.session = Some(session);
    insert_event(on, &told).await?;
    Ok(())
}
