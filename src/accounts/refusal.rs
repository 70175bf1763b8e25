//! Records refused attempts as events.
//!
//! Nothing of a refused act is kept, so its event has a transaction of its own. The refused transaction must be over by
//! then: SQLite has one writer.

use super::{
    Accounts, AccountsError, Actor, Result, Target,
    event::{BuildEvent as _, new_event},
    login::throttle::Throttled,
};
use crate::{
    domain::event_kind::EventKind,
    store::{
        events::{NewEvent, insert_event},
        users::{User, find_user},
    },
};

/// How much of an act's address is recorded, in characters.
const ACT_CHARACTERS: usize = 100;

impl Accounts {
    /// Records an act that the actor had no right to, and passes the outcome on.
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

    /// Records an act that the gate refused because of the actor's role, and the account it was aimed at.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn record_refused_access(&self, actor: &Actor, on: Option<Target>, act: &str) -> Result<()> {
        let act: String = act.chars().take(ACT_CHARACTERS).collect();
        let user_id = match on {
            Some(target) => match self.find_target(&target).await {
                Err(AccountsError::NoSuchUser) => None,
                found => Some(found?),
            },
            None => None,
        };
        self.record_refused_action(actor, user_id, &format!("{act}: their role does not allow it")).await
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

    /// Records that a logged-in user entered a wrong password, and refuses.
    pub(super) async fn refuse_wrong_password<T>(&self, actor: &Actor, user: &User) -> Result<T> {
        self.record_refusal(EventKind::Refused, |event| {
            event.by(actor).to(user.id, &user.username).saying("wrong password on a form")
        })
        .await?;
        Err(AccountsError::WrongPassword)
    }

    /// Records one event per wait, and refuses.
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

    /// Records one event in a transaction of its own.
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

/// Why the actor had no right to the act. Typing errors and failures are not recorded.
const fn why_refused(refusal: &AccountsError) -> Option<&'static str> {
    match refusal {
        AccountsError::Forbidden => Some("their role does not allow it"),
        AccountsError::LastSuperuser => Some("it is the last superuser"),
        AccountsError::OwnAccount => Some("it is their own account"),
        _ => None,
    }
}
