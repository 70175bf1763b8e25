//! The recent-password check: people confirm sensitive actions with their password, so that access to an open browser
//! is not enough. Entering the password on any form, or at the login, also counts.
//!
//! Each check gives the session a new secret (OWASP ASVS 5.0, 7.2.4). A copy of the old cookie, which would now count as
//! recently confirmed too, is refused from then on.

use chrono::TimeDelta;

use super::open_login::StartedSession;
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        event_kind::EventKind,
        logins::{
            public_id::PublicId,
            session_secret::{SecretHash, SessionSecret},
        },
        moment::Moment,
        people::password::Password,
    },
    store::{
        Sql,
        events::insert_event,
        users::presence::{find_proven_at, replace_proven_secret},
    },
};

impl Accounts {
    /// Checks the actor's password, and records the time of the check for the session. Returns the session with its new
    /// secret, unless a simultaneous request has just replaced the secret.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::TooManyAttempts`], [`AccountsError::Ended`] if the
    /// actor's login has ended, or a database error.
    pub async fn prove_presence(&self, actor: &Actor, password: &Password) -> Result<Option<StartedSession>> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let renewed = renew_session(&mut tx, actor, locked.now).await?;
        let event = new_event(locked.now, EventKind::PasswordConfirmed).by(actor).to(proven.id, &proven.username);
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(renewed)
    }

    /// Whether the password was entered in this session recently enough for sensitive actions, and the session still has
    /// this secret. Entering the password replaces it, so a copied cookie that was accepted just before is not present.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn is_present(&self, session: &PublicId, secret: &SecretHash) -> Result<bool> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let validity = TimeDelta::from_std(self.settings.proof_of_presence).unwrap_or(TimeDelta::MAX);
        Ok(find_proven_at(&mut on, session, secret).await?.is_some_and(|proven_at| now - proven_at < validity))
    }
}

/// Records the time of a password check and gives the actor's session a new secret, in the transaction of the action
/// whose form asked for the password. Returns the session for the cookie.
///
/// `None` if a simultaneous request of the same browser has replaced the secret: the browser must keep the cookie of
/// that one, whichever response arrives last.
pub(in crate::accounts) async fn renew_session(
    on: &mut dyn Sql,
    actor: &Actor,
    now: Moment,
) -> Result<Option<StartedSession>> {
    let (Some(user_id), Some(id), Some(old)) = (actor.user_id, &actor.session, &actor.session_secret) else {
        return Ok(None);
    };
    let secret = SessionSecret::from_random(rand::random());
    let Some(login) = replace_proven_secret(on, id, (old, &secret.hash()), now).await? else { return Ok(None) };
    Ok(Some(StartedSession {
        id: id.clone(),
        secret,
        user_id,
        login_date: login.login_date,
        role: actor.role,
        remember: login.remember,
        password_version: login.password_version,
        age: (now - login.opened_at).to_std().unwrap_or_default(),
    }))
}
