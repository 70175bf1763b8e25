//! Records refused attempts as events.
//!
//! A user can repeat a refused request or action at will, so these are counted. A wrong password is throttled instead.
//!
//! A refused action is rolled back, so its event is written in a second transaction. The first transaction must have
//! ended by then, because SQLite allows one writer.

use chrono::TimeDelta;

use super::{
    Accounts, AccountsError, Actor, Client, Detail, NoRight, RefusedAction, Result, Target,
    event::{BuildEvent as _, new_event, record_forged::shortened_request},
    login::throttle::Throttled,
};
use crate::{
    domain::event_kind::EventKind,
    store::{
        events::{NewEvent, insert_event},
        users::{User, find_user, set_attacked_at},
    },
};

/// An attack on an account is recorded once in this time. A little shorter than the period of the counter that shows
/// it, so that no period is skipped.
const ATTACK_INTERVAL: TimeDelta = TimeDelta::minutes(55);

impl Accounts {
    /// Records the action if the actor had no right to it. Returns the outcome unchanged, unless recording fails.
    pub(super) async fn record_if_refused<T>(
        &self,
        actor: &Actor,
        user_id: Option<i64>,
        action: RefusedAction,
        outcome: Result<T>,
    ) -> Result<T> {
        let Err(refusal) = outcome else { return outcome };
        let Some(why) = why_refused(&refusal) else { return Err(refusal) };
        self.record_refused_action(actor, user_id, Detail::Refused(action, why)).await?;
        Err(refusal)
    }

    /// Records a request, by its method and path, that the gate refused because of the actor's role. `target` is the
    /// account that the request is about.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn record_refused_access(&self, actor: &Actor, target: Option<Target>, request: &str) -> Result<()> {
        let request = shortened_request(request);
        let user_id = match target {
            Some(target) => match self.find_target(&target).await {
                Err(AccountsError::NoSuchUser) => None,
                found => Some(found?),
            },
            None => None,
        };
        self.record_refused_action(actor, user_id, Detail::RefusedRequest(&request)).await
    }

    async fn record_refused_action(&self, actor: &Actor, user_id: Option<i64>, what: Detail<'_>) -> Result<()> {
        let subject = match user_id {
            Some(id) => find_user(&mut self.store.read().await?, id).await?,
            None => None,
        };
        self.record_counted(EventKind::Refused, Some(actor), |event| {
            let event = event.saying(what);
            match &subject {
                Some(user) => event.to(user.id, &user.username),
                None => event,
            }
        })
        .await
    }

    /// Refuses a logged-in user who entered a wrong password, and records the attempt.
    pub(super) async fn refuse_wrong_password<T>(&self, actor: &Actor, user: &User) -> Result<T> {
        self.record_refusal(EventKind::Refused, |event| {
            event.by(actor).to(user.id, &user.username).saying(Detail::WrongPassword)
        })
        .await?;
        Err(AccountsError::WrongPassword)
    }

    /// Refuses a throttled attempt, and records one event for each waiting time.
    pub(super) async fn refuse_throttled<'a, T>(
        &self,
        throttled: Throttled,
        describe: impl FnOnce(NewEvent<'a>) -> NewEvent<'a> + Send,
    ) -> Result<T> {
        if !throttled.was_recorded {
            let wait = Detail::ThrottledFor(throttled.wait);
            self.record_refusal(EventKind::Throttled, |event| describe(event).saying(wait)).await?;
        }
        Err(throttled.into())
    }

    /// Records that strangers guess the password of an account, once per [`ATTACK_INTERVAL`]. Returns whether it was
    /// recorded now.
    pub(super) async fn record_attack(&self, client: &Client, user: Option<&User>) -> Result<bool> {
        let Some(user) = user else { return Ok(false) };
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        if !set_attacked_at(&mut tx, user.id, now, now - ATTACK_INTERVAL).await? {
            return Ok(false);
        }
        let event = new_event(now, EventKind::UnderAttack).to(user.id, &user.username).from(client);
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Records one event in its own transaction.
    pub(super) async fn record_refusal<'a>(
        &self,
        kind: EventKind,
        describe: impl FnOnce(NewEvent<'a>) -> NewEvent<'a> + Send,
    ) -> Result<()> {
        self.record_alone(|at| describe(new_event(at, kind))).await
    }
}

/// Says why the actor had no right to the action. Returns `None` for typing errors and failures, which are not
/// recorded.
const fn why_refused(refusal: &AccountsError) -> Option<NoRight> {
    match refusal {
        AccountsError::Forbidden => Some(NoRight::Role),
        AccountsError::LastSuperuser => Some(NoRight::LastSuperuser),
        AccountsError::OwnAccount => Some(NoRight::OwnAccount),
        _ => None,
    }
}
