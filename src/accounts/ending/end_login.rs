//! Ends a single login. The account's force-logout date does not move.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Client, Detail, RefusedAction, Result,
        event::{BuildEvent as _, ended_kind, new_event},
        locked::{Locked, ReadAccount},
    },
    domain::{
        logins::{kind::LoginClass, public_id::PublicId},
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
    },
    store::{
        Sql, Transaction,
        events::{NewEvent, insert_event},
        logins::{Ending, LoginRow, end_login, find_login},
        users,
    },
};

/// The outcome of ending one login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginEnd {
    /// The login has ended.
    Ended,
    /// It was the actor's own, so they are logged out.
    Own,
    /// It had ended before.
    AlreadyEnded,
}

/// Who ends a login.
#[derive(Debug, Clone, Copy)]
pub(in crate::accounts) enum By<'a> {
    /// A user who was let in.
    Actor(&'a Actor),
    /// The program that holds it.
    Program(&'a Client),
    /// The site itself, in answer to a request from this client.
    Site(&'a Client),
}

impl Accounts {
    /// Ends one of the actor's own logins.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchSession`] or [`AccountsError::NoSuchToken`] for a login of another account,
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn end_own_login(&self, actor: &Actor, class: LoginClass, login: &PublicId) -> Result<LoginEnd> {
        let user_id = actor.user_id.ok_or(AccountsError::no_such_login(class))?;
        let (mut tx, locked, row) = self.begin_on_login(user_id, class, login).await?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let is_own = actor.session.as_ref() == Some(login);
        if is_own && class == LoginClass::Sessions {
            drop(tx);
            self.log_out(actor).await?;
            return Ok(LoginEnd::Own);
        }
        let reason = if is_own { EndReason::LoggedOut } else { EndReason::EndedByUser };
        self.end_one(tx, &locked, &row, (reason, &Reasons::default()), By::Actor(actor)).await
    }

    /// Ends one session of an account, for staff.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchSession`] for a session of another account, [`AccountsError::Forbidden`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn end_session_of(
        &self,
        actor: &Actor,
        user_id: i64,
        session: &PublicId,
        staff_reason: ReasonText,
    ) -> Result<LoginEnd> {
        self.end_login_of(actor, user_id, (LoginClass::Sessions, session), staff_reason).await
    }

    /// Ends one token of an account, for staff.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchToken`] for a token of another account, [`AccountsError::Forbidden`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn end_token_of(
        &self,
        actor: &Actor,
        user_id: i64,
        token: &PublicId,
        staff_reason: ReasonText,
    ) -> Result<LoginEnd> {
        self.end_login_of(actor, user_id, (LoginClass::Tokens, token), staff_reason).await
    }

    /// Ends one login by its id alone, for staff.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchSession`], [`AccountsError::NoSuchToken`], [`AccountsError::Forbidden`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn end_login(
        &self,
        actor: &Actor,
        (class, login): (LoginClass, &PublicId),
        staff_reason: ReasonText,
    ) -> Result<LoginEnd> {
        let mut on = self.store.read().await?;
        let found = find_login(&mut on, login).await?.ok_or(AccountsError::no_such_login(class))?;
        let is_of_somebody = users::find_user(&mut on, found.user_id).await?.is_some();
        drop(on);
        if is_of_somebody {
            self.end_login_of(actor, found.user_id, (class, login), staff_reason).await
        } else {
            Ok(LoginEnd::AlreadyEnded)
        }
    }

    async fn end_login_of(
        &self,
        actor: &Actor,
        user_id: i64,
        which: (LoginClass, &PublicId),
        staff_reason: ReasonText,
    ) -> Result<LoginEnd> {
        let what = RefusedAction::EndLogin(which.0);
        let outcome = self.try_end_login_of(actor, user_id, which, staff_reason).await;
        self.record_if_refused(actor, Some(user_id), what, outcome).await
    }

    async fn try_end_login_of(
        &self,
        actor: &Actor,
        user_id: i64,
        (class, login): (LoginClass, &PublicId),
        staff_reason: ReasonText,
    ) -> Result<LoginEnd> {
        let (mut tx, locked, row) = self.begin_on_login(user_id, class, login).await?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        let reasons = Reasons { for_staff: staff_reason, for_user: ReasonText::default() };
        let end = self.end_one(tx, &locked, &row, (EndReason::ForcedOut, &reasons), By::Actor(actor)).await?;
        let is_own = actor.session.as_ref() == Some(login);
        Ok(if is_own && end == LoginEnd::Ended { LoginEnd::Own } else { end })
    }

    /// Locks the account that the login belongs to, and reads the login.
    pub(in crate::accounts) async fn begin_on_login(
        &self,
        user_id: i64,
        class: LoginClass,
        login: &PublicId,
    ) -> Result<(Transaction, Locked, LoginRow)> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::no_such_login(class))?;
        let row = find_login(&mut tx, login).await?.filter(|row| row.user_id == user_id);
        let row = row.ok_or(AccountsError::no_such_login(class))?;
        if row.kind()?.class() != class {
            return Err(AccountsError::no_such_login(class));
        }
        Ok((tx, locked, row))
    }

    /// Ends the login and records the event, unless the login has expired or its account's date has ended it.
    pub(in crate::accounts) async fn end_one(
        &self,
        mut tx: Transaction,
        locked: &Locked,
        row: &LoginRow,
        why: (EndReason, &Reasons),
        by: By<'_>,
    ) -> Result<LoginEnd> {
        let live = self.live_logins_after(&locked.user, locked.site, locked.now);
        let is_live = row.ended()?.is_none() && live.includes(&row.dates()?) && locked.user.is_active_at(locked.now);
        if is_live {
            end_and_record(&mut tx, locked, row, why, by).await?;
        }
        tx.commit().await?;
        Ok(if is_live { LoginEnd::Ended } else { LoginEnd::AlreadyEnded })
    }
}

/// Ends a live login of a locked account, and records the event.
pub(in crate::accounts) async fn end_and_record(
    on: &mut dyn Sql,
    locked: &Locked,
    row: &LoginRow,
    (reason, reasons): (EndReason, &Reasons),
    by: By<'_>,
) -> Result<()> {
    let ReadAccount { user, now, .. } = &**locked;
    let (id, class) = (row.id(), row.kind()?.class());
    let event = new_event(*now, ended_kind(class)).to(user.id, &user.username).because(reason, reasons);
    let event = match class {
        LoginClass::Sessions => event,
        LoginClass::Tokens => event.saying(Detail::Token(row.label())),
    };
    let (name, mut event) = match by {
        By::Actor(actor) => (actor.name.as_str(), event.by(actor)),
        By::Program(client) => (user.username.as_str(), NewEvent { actor: event.subject, ..event.from(client) }),
        By::Site(client) => ("", event.from(client)),
    };
    end_login(on, &id, Ending { at: *now, by: name, reason, reasons }).await?;
    event.session = Some(&id);
    insert_event(on, &event).await?;
    Ok(())
}
