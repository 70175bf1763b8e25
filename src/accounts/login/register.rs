//! Making an account.

use super::{
    open_login::{LoginDates, StartedSession, open_session},
    throttle::Purpose,
};
use crate::{
    accounts::{
        Accounts, AccountsError, Client, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::people::{email::Email, password::NewPassword, role::Role, username::Username},
    store::{
        Sql, StoreError,
        events::{EventKind, insert_event},
        site,
        users::{self, NameClash, NewUser},
    },
};

/// What a person gives to have an account.
#[derive(Debug)]
pub struct Registration {
    /// Its name.
    pub username: Username,
    /// Its address.
    pub email: Email,
    /// Its password.
    pub password: NewPassword,
}

impl Accounts {
    /// Makes a member's account and logs its person in.
    ///
    /// # Errors
    /// [`AccountsError::RegistrationClosed`], [`AccountsError::NameTaken`],
    /// [`AccountsError::TooManyTries`], or a failure of the database.
    pub async fn register(&self, client: &Client, registration: &Registration) -> Result<StartedSession> {
        if !self.settings.registration_is_open {
            return Err(AccountsError::RegistrationClosed);
        }
        // Each one counts, also one that succeeds; there is no account yet to count by.
        let rate = self.settings.throttle_login;
        match self.throttle.begin(Purpose::Registration, rate, "", &client.address).await? {
            Ok(attempt) => attempt.failed(),
            Err(shut) => return self.refuse_throttled(shut, |event| event.from(client).saying("registration")).await,
        }
        self.make_account(client, registration, Role::Member, EventKind::Registered).await
    }

    /// Makes an account of that role with its first session.
    pub(super) async fn make_account(
        &self,
        client: &Client,
        registration: &Registration,
        role: Role,
        kind: EventKind,
    ) -> Result<StartedSession> {
        let password_hash = self.hasher.hash(registration.password.as_password()).await?;
        let mut tx = self.store.begin().await?;
        if kind == EventKind::SetUp {
            // Two with the same code at once: the second finds it spent.
            site::lock_site(&mut tx).await?;
            if users::has_superuser(&mut tx).await? {
                return Err(AccountsError::AlreadySetUp);
            }
            site::set_setup_code_hash(&mut tx, None).await?;
        }
        // What is due ends the logins before this one.
        let site = self.apply_due_to_site(&mut tx).await?;
        let now = self.store.clock().now(&mut tx).await?;
        let new = NewUser {
            username: &registration.username,
            email: &registration.email,
            password_hash: &password_hash,
            role,
            date_joined: now,
        };
        let id = insert_unique_user(&mut tx, &new).await?;
        let dates = LoginDates::of(now, None, site);
        let started = open_session(&mut tx, (id, role), client, false, dates).await?;
        let mut event = new_event(dates.opened_at, kind).to(id, registration.username.as_str()).from(client);
        event.actor = event.subject;
        event.session = Some(&started.id);
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(started)
    }
}

/// Makes an account, or says whose name stands in its way.
pub(in crate::accounts) async fn insert_unique_user(on: &mut impl Sql, new: &NewUser<'_>) -> Result<i64> {
    if let Some(clash) = users::find_name_clash(on, None, Some(new.username), Some(new.email)).await? {
        return Err(AccountsError::NameTaken(clash));
    }
    match users::insert_user(on, new).await {
        // Somebody took it between the look and the write.
        Err(StoreError::Taken) => {
            let clash = users::find_name_clash(on, None, Some(new.username), Some(new.email)).await?;
            Err(AccountsError::NameTaken(clash.unwrap_or(NameClash::Username)))
        }
        made => Ok(made?),
    }
}
