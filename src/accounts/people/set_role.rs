//! Giving an account another role.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LoginCounts, Result, Target,
        authority::must_be_another,
        event::{BuildEvent as _, insert_ending, new_event},
    },
    domain::{
        people::{password::Password, role::Role},
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        events::{EventKind, insert_event},
        logins::Ending,
        standing::feed::Change,
        users,
    },
};

/// What came of giving an account a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// It had that role.
    None,
    /// Its role reaches further than before; its logins continue, but these are past the limits of that role.
    Raised(LoginCounts),
    /// Its role reaches less far than before, and these logins have ended.
    Lowered(LoginCounts),
}

impl Accounts {
    /// Gives an account another role. A lesser role ends its logins.
    ///
    /// # Errors
    /// [`crate::accounts::AccountsError::NoSuchUser`], [`crate::accounts::AccountsError::Forbidden`],
    /// [`crate::accounts::AccountsError::OwnAccount`], [`crate::accounts::AccountsError::LastSuperuser`], or a failure of
    /// the database.
    pub async fn set_role(&self, actor: &Actor, target: &Target, role: Role) -> Result<RoleChange> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_set_role(actor, None, user_id, role).await;
        self.record_if_refused(actor, Some(user_id), "change of role", outcome).await
    }

    /// The same on a form that asks for the superuser's password.
    ///
    /// # Errors
    /// Those of [`Self::set_role`], [`crate::accounts::AccountsError::WrongPassword`] and
    /// [`crate::accounts::AccountsError::TooManyTries`].
    pub async fn set_role_by_password(
        &self,
        actor: &Actor,
        password: &Password,
        user_id: i64,
        role: Role,
    ) -> Result<RoleChange> {
        let outcome = self.try_set_role(actor, Some(password), user_id, role).await;
        self.record_if_refused(actor, Some(user_id), "change of role", outcome).await
    }

    async fn try_set_role(
        &self,
        actor: &Actor,
        password: Option<&Password>,
        user_id: i64,
        role: Role,
    ) -> Result<RoleChange> {
        let (mut tx, locked) = self.begin_act_by(actor, password, user_id).await?;
        let (user, now) = (&locked.user, locked.now);
        self.must_be_superuser(&mut tx, actor, now).await?;
        must_be_another(actor, user.id)?;
        let before = user.role();
        if before == role {
            tx.commit().await?;
            return Ok(RoleChange::None);
        }
        if role < Role::Superuser {
            self.must_not_be_last_superuser(&mut tx, &locked).await?;
        }
        users::set_role(&mut tx, user.id, role).await?;
        let mut event = new_event(now, EventKind::RoleChanged)
            .by(actor)
            .to(user.id, &user.username)
            .saying(format!("from {before} to {role}"));
        let change = if role < before {
            let (date, none) = (locked.force_logout_date_now(), Reasons::default());
            users::set_force_logout_date(&mut tx, user.id, date, EndReason::RoleChanged, &none).await?;
            let ending = Ending { at: now, by: &actor.name, reason: EndReason::RoleChanged, reasons: &none };
            let ended = self.end_live_logins(&mut tx, &locked, date, ending).await?;
            event = event.because(EndReason::RoleChanged, &none).ending(ended);
            insert_ending(&mut tx, &event, Change::User(user.id)).await?;
            RoleChange::Lowered(ended)
        } else {
            let up_to = locked.force_logout_date_now();
            let live = self.count_logins(&mut tx, &locked, up_to).await?;
            let raised = self.lock(&mut tx, user.id).await?.ok_or(AccountsError::NoSuchUser)?;
            let left = self.count_logins(&mut tx, &raised, up_to).await?;
            let past = LoginCounts {
                sessions: live.sessions.saturating_sub(left.sessions),
                tokens: live.tokens.saturating_sub(left.tokens),
            };
            if past.is_any() {
                event = event.saying(format!("past the limits of {role}: {past}"));
            }
            insert_event(&mut tx, &event).await?;
            RoleChange::Raised(past)
        };
        tx.commit().await?;
        Ok(change)
    }
}
