//! What was refused is told as well. Nothing of it has happened, so its event has a transaction of
//! its own: the one in which it was tried must be over, for on SQLite there is one writer.

use super::{
    Accounts, AccountsError, Actor, Result, Target,
    event::{BuildEvent as _, new_event},
    login::throttle::Throttled,
};
use crate::store::{
    events::{EventKind, NewEvent, insert_event},
    users::{User, find_user},
};

/// Of the address of an act so much is told, in characters.
const ACT_CHARACTERS: usize = 100;

impl Accounts {
    /// Tells of an act on an account that its actor had no right to; whatever came of it goes on.
    pub(super) async fn record_if_refused<T>(
        &self,
        actor: &Actor,
        user_id: Option<i64>,
        act: &str,
        outcome: Result<T>,
    ) -> Result<T> {
        let Err(refusal) = outcome else { return outcome };
        let Some(why) = why_refused(&refusal) else { return Err(refusal) };
        self.record_refused_action(actor, user_id, &format!("{act}: {why}")).await?;
        Err(refusal)
    }

    /// Tells of an act that its actor's role does not open the door to, and on whom it was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn record_refused_access(&self, actor: &Actor, on: Option<Target>, act: &str) -> Result<()> {
        let act: String = act.chars().take(ACT_CHARACTERS).collect();
        let user_id = match on {
            Some(target) => match self.find_target(&target).await {
                Err(AccountsError::NoSuchUser) => None,
                found => Some(found?),
            },
            None => None,
        };
        self.record_refused_action(actor, user_id, &format!("{act}: their role does not reach so far")).await
    }

    async fn record_refused_action(&self, actor: &Actor, user_id: Option<i64>, what: &str) -> Result<()> {
        let subject = match user_id {
            Some(id) => find_user(&mut self.store.read().await?, id).await?,
            None => None,
        };
        self.record_refusal(EventKind::Refused, |event| {
            let event = event.by(actor).saying(what);
            match &subject {
                Some(user) => event.to(user.id, &user.username),
                None => event,
            }
        })
        .await
    }

    /// Tells that somebody who is logged in did not know the password of their account.
    pub(super) async fn refuse_wrong_password<T>(&self, actor: &Actor, user: &User) -> Result<T> {
        self.record_refusal(EventKind::Refused, |event| {
            event.by(actor).to(user.id, &user.username).saying("a wrong password on a form")
        })
        .await?;
        Err(AccountsError::WrongPassword)
    }

    /// Tells of a wait, once; `tell` says whose.
    pub(super) async fn refuse_throttled<'a, T>(
        &self,
        shut: Throttled,
        describe: impl FnOnce(NewEvent<'a>) -> NewEvent<'a> + Send,
    ) -> Result<T> {
        if !shut.was_recorded {
            let wait = format!("for {} s", shut.wait.as_secs());
            self.record_refusal(EventKind::Throttled, |event| describe(event).saying(wait)).await?;
        }
        Err(shut.into())
    }

    /// Notes an event of that kind by itself.
    pub(super) async fn record_refusal<'a>(
        &self,
        kind: EventKind,
        describe: impl FnOnce(NewEvent<'a>) -> NewEvent<'a> + Send,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        insert_event(&mut tx, &describe(new_event(now, kind))).await?;
        Ok(tx.commit().await?)
    }
}

/// Why somebody had no right to what they tried. What was only mistyped is not told, nor what failed.
const fn why_refused(refusal: &AccountsError) -> Option<&'static str> {
    match refusal {
        AccountsError::Forbidden => Some("their role does not reach so far"),
        AccountsError::LastSuperuser => Some("it is the last superuser"),
        AccountsError::OwnAccount => Some("it is their own account"),
        _ => None,
    }
}
