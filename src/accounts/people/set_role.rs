//! Sets the role of an account.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, LoginCounts, RefusedAction, Result, Target,
        authority::must_not_be_own,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        login::open_login::StartedSession,
    },
    domain::{
        event_kind::EventKind,
        people::{password::Password, role::Role},
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{events::insert_event, feed::Change, users},
};

/// The outcome of setting a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// The account had this role already.
    None,
    /// The new role may do more. The account's logins continue, except these, which are past the limits of the new
    /// role.
    Raised(LoginCounts),
    /// The new role may do less. These logins have ended.
    Lowered(LoginCounts),
}

impl Accounts {
    /// Sets the role of an account. A lesser role ends its logins.
    ///
    /// # Errors
    ///
    /// Returns [`crate::accounts::AccountsError::NoSuchUser`], [`crate::accounts::AccountsError::Forbidden`],
    /// [`crate::accounts::AccountsError::OwnAccount`], [`crate::accounts::AccountsError::LastSuperuser`],
    /// [`crate::accounts::AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn set_role(&self, actor: &Actor, target: &Target, role: Role) -> Result<RoleChange> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_set_role(actor, None, user_id, role).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::SetRole, outcome).await.map(|(change, _)| change)
    }

    /// Like [`Self::set_role`], confirmed with the superuser's password. Also returns the superuser's session with its
    /// new secret, as [`Self::prove_presence`] does.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::set_role`], [`crate::accounts::AccountsError::WrongPassword`] and
    /// [`crate::accounts::AccountsError::TooManyAttempts`].
    pub async fn set_role_by_password(
        &self,
        actor: &Actor,
        password: &Password,
        user_id: i64,
        role: Role,
    ) -> Result<(RoleChange, Option<StartedSession>)> {
        let outcome = self.try_set_role(actor, Some(password), user_id, role).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::SetRole, outcome).await
    }

    async fn try_set_role(
        &self,
        actor: &Actor,
        password: Option<&Password>,
        user_id: i64,
        role: Role,
    ) -> Result<(RoleChange, Option<StartedSession>)> {
        let (mut tx, locked, renewed) = self.begin_action_by(actor, password, user_id).await?;
        let (user, now) = (&locked.user, locked.now);
        self.must_be_superuser(&mut tx, actor, now).await?;
        must_not_be_own(actor, user.id)?;
        let before = user.role();
        if before == role {
            tx.commit().await?;
            return Ok((RoleChange::None, renewed));
        }
        if role < Role::Superuser {
            self.must_not_be_last_superuser(&mut tx, &locked).await?;
        }
        users::set_role(&mut tx, user.id, role).await?;
        let mut event = new_event(now, EventKind::RoleChanged)
            .by(actor)
            .to(user.id, &user.username)
            .saying(Detail::Changed { before: before.code(), after: role.code() });
        let change = if role < before {
            let (date, none) = (locked.force_logout_date_now(), Reasons::default());
            let why = (EndReason::RoleChanged, &none);
            let ended = self.end_logins_until(&mut tx, &locked, date, &actor.name, why).await?;
            event = event.because(EndReason::RoleChanged, &none).ending(ended);
            insert_event_with_receipt(&mut tx, &event, Change::User(user.id)).await?;
            RoleChange::Lowered(ended)
        } else {
            let up_to = locked.force_logout_date_now();
            let live = self.count_logins(&mut tx, &locked, up_to).await?;
            let raised = self.lock_account(&mut tx, user.id).await?.ok_or(AccountsError::NoSuchUser)?;
            let left = self.count_logins(&mut tx, &raised, up_to).await?;
            let past = LoginCounts {
                sessions: live.sessions.saturating_sub(left.sessions),
                tokens: live.tokens.saturating_sub(left.tokens),
            };
            if past.is_any() {
                event = event.saying(Detail::PastLimits(role, past));
            }
            insert_event(&mut tx, &event).await?;
            RoleChange::Raised(past)
        };
        tx.commit().await?;
        Ok((change, renewed))
    }
}
