//! Registers an account.

use super::{
    open_login::{LoginDates, StartedSession, open_session},
    queue::{Claimant, network::Network},
    throttle::Purpose,
};
use crate::{
    accounts::{
        Accounts, AccountsError, Client, Detail, HookUser, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        event_kind::EventKind,
        letters::kind::LetterKind,
        people::{email::Email, password::NewPassword, role::Role, username::Username},
    },
    settings::EmailVerification,
    store::{
        StoreError, Transaction,
        events::insert_event,
        letters::{NewLetter, insert_letter},
        site,
        users::{self, NameClash, NewUser},
    },
};

/// What a user enters to register.
#[derive(Debug)]
pub struct Registration {
    /// The username.
    pub username: Username,
    /// The email.
    pub email: Email,
    /// The password.
    pub password: NewPassword,
}

impl Accounts {
    /// Registers a member, sends the letter that verifies the email, and logs them in. `None` if the site requires the
    /// letter to be confirmed first.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::RegistrationClosed`], [`AccountsError::NameTaken`], [`AccountsError::NameReserved`],
    /// [`AccountsError::BadPassword`], [`AccountsError::TooManyAttempts`], or a database error.
    pub async fn register(&self, client: &Client, registration: &Registration) -> Result<Option<StartedSession>> {
        if !self.settings.registration_is_open() {
            return Err(AccountsError::RegistrationClosed);
        }
        self.count_registration(client, Purpose::Registration).await?;
        if self.reserved_names.contains(&registration.username) {
            return Err(AccountsError::NameReserved);
        }
        let (username, email) = (&registration.username, &registration.email);
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let clash = users::find_name_clash(&mut on, None, Some(username), Some(email), now).await?;
        drop(on);
        if let Some(clash) = clash {
            return Err(AccountsError::NameTaken(clash));
        }
        // Only what costs a hash counts for the whole site: otherwise cheap requests would close it to everybody.
        self.count_registration(client, Purpose::NewAccount).await?;
        self.create_account(client, registration, Role::Member, EventKind::Registered).await
    }

    /// Counts a registration as a failure, even one that succeeds, because there is no account yet to count by.
    async fn count_registration(&self, client: &Client, purpose: Purpose) -> Result<()> {
        let rate = self.settings.throttle_login;
        match self.throttle.begin(purpose, rate, "", &client.address).await? {
            Ok(attempt) => {
                attempt.failed();
                Ok(())
            }
            Err(throttled) => {
                self.refuse_throttled(throttled, |event| event.from(client).saying(Detail::Registration)).await
            }
        }
    }

    /// Creates an account of this role with its first session.
    pub(super) async fn create_account(
        &self,
        client: &Client,
        registration: &Registration,
        role: Role,
        kind: EventKind,
    ) -> Result<Option<StartedSession>> {
        // The setup code comes from the operator.
        let claimant = match kind {
            EventKind::SetUp => Claimant::Operator,
            _ => Claimant::Newcomers(Network::of(&client.address)),
        };
        let password_hash = self.hasher.of_client(claimant, Some(client)).hash_new(&registration.password).await?;
        let mut tx = self.store.begin().await?;
        if kind == EventKind::SetUp {
            // If two requests send the same code, the second one finds the code used.
            site::lock_site(&mut tx).await?;
            if users::has_superuser(&mut tx).await? {
                return Err(AccountsError::AlreadySetUp);
            }
            site::set_setup_code_hash(&mut tx, None).await?;
        }
        // A due force logout applies to the logins before this one.
        let site = self.apply_due_to_site(&mut tx).await?;
        let now = self.store.clock().now(&mut tx).await?;
        let new = NewUser {
            username: &registration.username,
            email: &registration.email,
            password_hash: &password_hash,
            role,
            date_joined: now,
            is_verified: kind == EventKind::SetUp,
        };
        let id = self.insert_account(&mut tx, &new).await?;
        let dates = LoginDates::of(now, None, site);
        let must_verify = !new.is_verified && self.settings.email_verification == EmailVerification::Required;
        let started =
            if must_verify { None } else { Some(open_session(&mut tx, (id, role), client, false, dates).await?) };
        let mut event = new_event(dates.opened_at, kind).to(id, registration.username.as_str()).from(client);
        event.actor = event.subject;
        event.session = started.as_ref().map(|started| &started.id);
        insert_event(&mut tx, &event).await?;
        if !new.is_verified {
            let letter = NewLetter {
                user_id: Some(id),
                origin: client.origin(),
                ..NewLetter::new(LetterKind::VerifyEmail, registration.email.as_str(), now)
            };
            insert_letter(&mut tx, &letter).await?;
        }
        tx.commit().await?;
        Ok(started)
    }

    /// Inserts an account and calls the hooks of the host. Returns an error that says which name is taken, if one is.
    pub(in crate::accounts) async fn insert_account(&self, tx: &mut Transaction, new: &NewUser<'_>) -> Result<i64> {
        let (username, email, now) = (Some(new.username), Some(new.email), new.date_joined);
        if let Some(clash) = users::find_name_clash(tx, None, username, email, now).await? {
            return Err(AccountsError::NameTaken(clash));
        }
        let id = match users::insert_user(tx, new).await {
            // Another request took the name between the check and the write.
            Err(StoreError::Taken) => {
                let clash = users::find_name_clash(tx, None, username, email, now).await?;
                return Err(AccountsError::NameTaken(clash.unwrap_or(NameClash::Username)));
            }
            inserted => inserted?,
        };
        self.hooks.call_registered(tx, HookUser { id, username: new.username.as_str() }).await?;
        Ok(id)
    }
}
