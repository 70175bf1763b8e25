//! The use cases that a host can call. The others belong to Curfew's own pages, commands and upkeep.

use crate::{
    accounts::{
        self, Actor, EveryonesEndedLogins, ForceLogoutMoment, ForceLogoutOutcome, LoginCounts, NotifyUser, Result,
        RoleChange, Target,
    },
    domain::{moment::Moment, people::role::Role, reason_text::Reasons},
};

/// Ends people's access, and gives it back. A program that attaches Curfew manages it, so a handler takes
/// `&State<Accounts>`.
///
/// Each function acts for an [`Actor`], whose rights it checks, and records its event. What it ends is refused on every
/// node within a second.
#[derive(Debug, Clone)]
pub struct Accounts(accounts::Accounts);

impl Accounts {
    pub(crate) const fn new(accounts: accounts::Accounts) -> Self {
        Self(accounts)
    }

    /// Ends logins of an account: all of them now, those made up to a time in the past, or, scheduled, those made up to
    /// a time in the future. The date never moves back.
    ///
    /// # Errors
    /// Returns [`AccountsError::NoSuchUser`](crate::AccountsError::NoSuchUser),
    /// [`AccountsError::Forbidden`](crate::AccountsError::Forbidden), or a database error.
    pub async fn force_logout(
        &self,
        actor: &Actor,
        target: &Target,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome> {
        self.0.force_logout(actor, target, moment, reasons).await
    }

    /// Like [`Self::force_logout`], and sends the user a letter with the reason if it ends or schedules anything.
    ///
    /// # Errors
    /// Returns the errors of [`Self::force_logout`].
    pub async fn force_logout_and_notify(
        &self,
        actor: &Actor,
        target: &Target,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome> {
        self.0.force_logout_and_notify(actor, target, moment, (reasons, NotifyUser::ByLetter)).await
    }

    /// Cancels the scheduled force logout of an account.
    ///
    /// # Errors
    /// Returns [`AccountsError::NothingScheduled`](crate::AccountsError::NothingScheduled), or the errors of
    /// [`Self::force_logout`].
    pub async fn cancel_force_logout(&self, actor: &Actor, target: &Target) -> Result<()> {
        self.0.cancel_force_logout(actor, target).await
    }

    /// Ends everyone's logins, including the actor's own. The actor must be a superuser.
    ///
    /// # Errors
    /// Returns [`AccountsError::Forbidden`](crate::AccountsError::Forbidden), or a database error.
    pub async fn force_everyone_out(
        &self,
        actor: &Actor,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome<EveryonesEndedLogins>> {
        self.0.force_everyone_out(actor, moment, reasons).await
    }

    /// Cancels the scheduled force logout of everyone.
    ///
    /// # Errors
    /// Returns [`AccountsError::NothingScheduled`](crate::AccountsError::NothingScheduled),
    /// [`AccountsError::Forbidden`](crate::AccountsError::Forbidden), or a database error.
    pub async fn cancel_everyone_out(&self, actor: &Actor) -> Result<()> {
        self.0.cancel_everyone_out(actor).await
    }

    /// Deactivates an account, until `until` or until staff activate it, and ends its logins. Returns how many live
    /// logins ended. Activating the account later revives none of them.
    ///
    /// # Errors
    /// Returns [`AccountsError::OwnAccount`](crate::AccountsError::OwnAccount),
    /// [`AccountsError::LastSuperuser`](crate::AccountsError::LastSuperuser),
    /// [`AccountsError::UntilIsPast`](crate::AccountsError::UntilIsPast), or the errors of [`Self::force_logout`].
    pub async fn deactivate(
        &self,
        actor: &Actor,
        target: &Target,
        until: Option<Moment>,
        reasons: &Reasons,
    ) -> Result<LoginCounts> {
        self.0.deactivate(actor, target, until, reasons).await
    }

    /// Activates an account, and returns whether it was inactive. Its user has to log in again.
    ///
    /// # Errors
    /// Returns the errors of [`Self::force_logout`].
    pub async fn activate(&self, actor: &Actor, target: &Target, reasons: &Reasons) -> Result<bool> {
        self.0.activate(actor, target, reasons).await
    }

    /// Sets the role of an account. A lesser role ends its logins. The actor must be a superuser.
    ///
    /// # Errors
    /// Returns [`AccountsError::OwnAccount`](crate::AccountsError::OwnAccount),
    /// [`AccountsError::LastSuperuser`](crate::AccountsError::LastSuperuser), or the errors of [`Self::force_logout`].
    pub async fn set_role(&self, actor: &Actor, target: &Target, role: Role) -> Result<RoleChange> {
        self.0.set_role(actor, target, role).await
    }

    /// Deletes an account with everything that belongs to it, and returns how many live logins ended. The actor must be
    /// a superuser.
    ///
    /// # Errors
    /// Returns [`AccountsError::OwnAccount`](crate::AccountsError::OwnAccount),
    /// [`AccountsError::LastSuperuser`](crate::AccountsError::LastSuperuser), or the errors of [`Self::force_logout`].
    pub async fn delete_user(&self, actor: &Actor, target: &Target, reasons: &Reasons) -> Result<LoginCounts> {
        self.0.delete_user(actor, target, reasons).await
    }
}
