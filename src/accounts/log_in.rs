//! Logging in.

use super::{
    Accounts, AccountsError, Client, Result,
    event::{Tell as _, event},
    fold::Locked,
    hashing::Verdict,
    open_session::{StartedSession, login_date, open_session},
    throttle::Purpose,
};
use crate::{
    domain::{login_name::LoginName, password::Password, reason::EndReason, reason_text::Reasons},
    store::{
        Sql,
        events::{EventKind, NewEvent, insert_event},
        users::{self, User},
    },
};

/// How often a password is compared before its account counts as one that nobody can log in to.
const COMPARISONS: usize = 3;

/// What a person gives to be let in.
#[derive(Debug)]
pub struct Credentials {
    /// Their username or email.
    pub name: LoginName,
    /// Their password.
    pub password: Password,
    /// Whether the session outlives the browser.
    pub remember: bool,
}

impl Accounts {
    /// Lets a person in, with a new session.
    ///
    /// An unknown name and a wrong password get the same answer after the same work, whether or not
    /// the account is active or has room; that it is not or has none, is said only to who knows the
    /// password.
    ///
    /// # Errors
    /// [`AccountsError::BadCredentials`], [`AccountsError::Inactive`], [`AccountsError::SessionsFull`],
    /// [`AccountsError::TooManyTries`], or a failure of the database.
    pub async fn log_in(&self, client: &Client, credentials: &Credentials) -> Result<StartedSession> {
        // The password may be changed while it is being compared; then it is compared again.
        for _ in 0..COMPARISONS {
            if let Some(started) = self.try_log_in(client, credentials).await? {
                return Ok(started);
            }
        }
        let found = users::find_user_by_name(&mut self.store.read().await?, credentials.name.key()).await?;
        self.refuse_credentials(client, found.as_ref()).await
    }

    /// One comparison; nothing when the account's hash became another one meanwhile.
    async fn try_log_in(&self, client: &Client, credentials: &Credentials) -> Result<Option<StartedSession>> {
        let found = users::find_user_by_name(&mut self.store.read().await?, credentials.name.key()).await?;
        // Username and email share one counter; an unknown name counts by itself, to no difference.
        let account =
            found.as_ref().map_or_else(|| format!("name {}", credentials.name.key()), |user| user.id.to_string());
        let attempt = match self
            .throttle
            .begin(Purpose::Password, self.settings.throttle_login, &account, &client.address)
            .await?
        {
            Ok(attempt) => attempt,
            Err(shut) => {
                return self.refuse_throttled(shut, |told| of_somebody(told.from(client), found.as_ref())).await;
            }
        };
        let hash = found.as_ref().map(|user| user.password_hash.as_str());
        let verdict = self.hasher.verify(&credentials.password, hash).await?;
        match found {
            Some(user) if verdict != Verdict::Wrong => {
                drop(attempt);
                let new_hash = match verdict {
                    Verdict::RightButOutdated => Some(self.hasher.hash(&credentials.password).await?),
                    _ => None,
                };
                self.let_in(client, credentials, &user, new_hash.as_deref()).await
            }
            found => {
                attempt.failed();
                self.refuse_credentials(client, found.as_ref()).await
            }
        }
    }

    async fn let_in(
        &self,
        client: &Client,
        credentials: &Credentials,
        verified: &User,
        new_hash: Option<&str>,
    ) -> Result<Option<StartedSession>> {
        let mut tx = self.store.begin().await?;
        let Some(locked) = self.lock(&mut tx, verified.id).await? else {
            drop(tx);
            return self.refuse_credentials(client, None).await;
        };
        let user = &locked.user;
        if user.password_hash != verified.password_hash {
            return Ok(None);
        }
        let ended = match self.admit(&mut tx, &locked).await {
            Ok(ended) => ended,
            Err(refusal) => {
                // What only failed is no refusal, and there is nothing to tell.
                let Some(why) = why_refused(&refusal) else { return Err(refusal) };
                let told =
                    event(locked.now, EventKind::LoginFailed).to(user.id, &user.username).from(client).saying(why);
                insert_event(&mut tx, &told).await?;
                tx.commit().await?;
                return Err(refusal);
            }
        };
        if let Some(hash) = new_hash {
            users::set_password_hash(&mut tx, user.id, hash).await?;
        }
        let date = login_date(locked.now, Some(user), locked.site);
        let started = open_session(&mut tx, (user.id, user.role()), client, credentials.remember, date).await?;
        let mut told = event(date, EventKind::Login).to(user.id, &user.username).from(client);
        told.actor = told.subject;
        told.session = Some(&started.id);
        if ended > 0 {
            told = told.because(EndReason::LoggedInElsewhere, &Reasons::default()).ending(ended);
        }
        insert_event(&mut tx, &told).await?;
        tx.commit().await?;
        Ok(Some(started))
    }

    /// Whether a locked account may log in now; how many of its sessions ended to make room.
    async fn admit(&self, on: &mut impl Sql, locked: &Locked) -> Result<u64> {
        let Locked { user, now, .. } = locked;
        if !user.is_active_at(*now) {
            let (user_reason, until) = (user.deactivated_user_reason.clone(), user.deactivated_until);
            return Err(AccountsError::Inactive { user_reason, until });
        }
        self.make_room(on, locked).await
    }

    /// Nobody's name, not their password, or no longer either.
    async fn refuse_credentials<T>(&self, client: &Client, found: Option<&User>) -> Result<T> {
        self.tell_refusal(EventKind::LoginFailed, |told| of_somebody(told.from(client), found)).await?;
        Err(AccountsError::BadCredentials)
    }
}

/// Adds whose login it would have been.
fn of_somebody<'a>(told: NewEvent<'a>, found: Option<&'a User>) -> NewEvent<'a> {
    match found {
        Some(user) => told.to(user.id, &user.username),
        // What was typed there may be a password in the wrong field.
        None => told.saying("no such name"),
    }
}

/// What the event says of a login that was refused in spite of its right password.
fn why_refused(refusal: &AccountsError) -> Option<String> {
    match refusal {
        AccountsError::Inactive { .. } => Some("the account is deactivated".to_owned()),
        AccountsError::SessionsFull { live, limit } => {
            Some(format!("the account is full; live sessions: {live}, allowed: {limit}"))
        }
        _ => None,
    }
}
