//! Creates an account from the command line.

use crate::{
    accounts::{
        Accounts, Actor, Detail, RefusedAction, Registration, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{event_kind::EventKind, people::role::Role},
    store::{events::insert_event, users::NewUser},
};

/// An account that was just created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAccount {
    /// Its id.
    pub id: i64,
}

impl Accounts {
    /// Creates an account of any role, without a session.
    ///
    /// # Errors
    ///
    /// Returns [`crate::accounts::AccountsError::BadPassword`], [`crate::accounts::AccountsError::NameTaken`],
    /// [`crate::accounts::AccountsError::Forbidden`], or a database error.
    pub async fn create_user(&self, actor: &Actor, registration: &Registration, role: Role) -> Result<NewAccount> {
        let outcome = self.try_create_user(actor, registration, role).await;
        self.record_if_refused(actor, None, RefusedAction::CreateUser, outcome).await
    }

    async fn try_create_user(&self, actor: &Actor, registration: &Registration, role: Role) -> Result<NewAccount> {
        let password_hash = self.hasher.hash_new(&registration.password).await?;
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        self.must_be_superuser(&mut tx, actor, now).await?;
        let new = NewUser {
            username: &registration.username,
            email: &registration.email,
            password_hash: &password_hash,
            role,
            date_joined: now,
            is_verified: true,
        };
        let id = self.insert_account(&mut tx, &new).await?;
        let event = new_event(now, EventKind::UserCreated)
            .by(actor)
            .to(id, registration.username.as_str())
            .saying(Detail::NewRole(role));
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(NewAccount { id })
    }
}
