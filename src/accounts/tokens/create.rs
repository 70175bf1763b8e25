//! Creates a token, on the user's own page or at the command line.

use std::time::Duration;

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Client, Detail, LoginCounts, Result, StartedToken, Target,
        event::{BuildEvent as _, new_event},
        login::{by_password::must_be_active, open_login::LoginDates, open_token::open_token, throttle::Purpose},
    },
    domain::{
        event_kind::EventKind,
        logins::{kind::LoginClass, token::TokenLabel},
        rate::Rate,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::events::insert_event,
};

/// How fast a user may create tokens.
const MOST_CREATED: Rate = Rate { count: 60, period: Duration::from_hours(1) };

impl Accounts {
    /// Creates an opaque token for the actor's own account, or at the command line for any account. The token counts as
    /// a new login. Also returns how many logins ended to make room for it.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`] for another user's account,
    /// [`AccountsError::Inactive`], [`AccountsError::TokensFull`], [`AccountsError::TooManyAttempts`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn create_token(
        &self,
        actor: &Actor,
        target: &Target,
        label: &TokenLabel,
        lifetime: Duration,
    ) -> Result<(StartedToken, LoginCounts)> {
        self.limit_creation(actor, label).await?;
        let user_id = self.find_target(target).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        // A token is full access to its account, so no role may create one for another account.
        if actor.user_id.is_some_and(|own| own != user_id) {
            return Err(AccountsError::Forbidden);
        }
        must_be_active(&locked)?;
        let ended = self.make_room(&mut tx, &locked, LoginClass::Tokens).await?;
        let user = &locked.user;
        let dates = LoginDates::of(locked.now, Some(user), locked.site);
        let no_client = Client::new(String::new(), "");
        let client = actor.client.as_ref().unwrap_or(&no_client);
        let started = open_token(&mut tx, &locked, client, (label, lifetime), dates).await?;
        let mut event = new_event(dates.opened_at, EventKind::TokenCreated).by(actor).to(user.id, &user.username);
        event.session = Some(&started.id);
        event = event.saying(Detail::Token(label.as_str()));
        if ended.is_any() {
            event = event.because(EndReason::LoggedInElsewhere, &Reasons::default()).ending(ended);
        }
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok((started, ended))
    }

    /// Refuses a user who creates tokens too fast. Each creation is a row and an event that stay for weeks.
    async fn limit_creation(&self, actor: &Actor, label: &TokenLabel) -> Result<()> {
        let Some(own) = actor.user_id else { return Ok(()) };
        match self.throttle.begin(Purpose::Token, MOST_CREATED, &own.to_string(), "").await? {
            Ok(attempt) => {
                attempt.failed();
                Ok(())
            }
            Err(throttled) => {
                let token = Detail::Token(label.as_str());
                self.refuse_throttled(throttled, |event| event.by(actor).to(own, &actor.name).saying(token)).await
            }
        }
    }
}
