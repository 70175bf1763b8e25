//! `curfew force-logout …`

use std::fmt::Display;

use clap::{ArgGroup, Args};

use super::{
    CommandError, Result,
    database::{open, operator, target},
    say,
    show::rfc3339,
};
use crate::{
    accounts::{Accounts, ForceLogoutMoment, ForceLogoutOutcome},
    domain::{
        moment::{Moment, parse_moment},
        people::login_name::LoginName,
        reason_text::{ReasonText, Reasons},
    },
};

/// The arguments of `curfew force-logout`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["name", "everyone"]))]
pub(super) struct ForceLogout {
    /// A username or an email.
    #[arg(value_parser = LoginName::parse)]
    name: Option<LoginName>,
    /// End the logins of everyone, including your own.
    #[arg(long)]
    everyone: bool,
    /// The reason, for staff only; the user does not see it.
    #[arg(long, value_name = "R", value_parser = ReasonText::parse, conflicts_with = "cancel")]
    reason: Option<ReasonText>,
    /// End the logins made up to this time, such as 2026-03-01T14:30:00Z; a time in the future is scheduled.
    #[arg(long, value_name = "RFC3339", value_parser = parse_moment, conflicts_with = "cancel")]
    at: Option<Moment>,
    /// Cancel the scheduled force logout.
    #[arg(long)]
    cancel: bool,
}

impl ForceLogout {
    /// The user that the command is about, as typed.
    pub(super) fn about(&self) -> &str {
        self.name.as_ref().map_or("everyone", LoginName::as_typed)
    }

    pub(super) async fn run(self) -> Result<()> {
        let moment = self.at.map_or(ForceLogoutMoment::Now, ForceLogoutMoment::At);
        let reasons = Reasons { for_staff: self.reason.unwrap_or_default(), for_user: ReasonText::default() };
        let accounts = open().await?;
        match (&self.name, self.cancel) {
            (Some(name), true) => {
                accounts.cancel_force_logout(&operator(), &target(name)).await?;
                say(&format!("Cancelled the force logout scheduled for {}.", name.as_typed()))
            }
            (None, true) => {
                accounts.cancel_everyone_out(&operator()).await?;
                say("Cancelled the force logout scheduled for everyone.")
            }
            (name, false) => say(&end_logins(&accounts, name.as_ref(), moment, &reasons).await?),
        }
    }
}

async fn has_users(accounts: &Accounts) -> Result<bool> {
    Ok(!accounts.list_users_after("", 1).await?.0.is_empty())
}

async fn end_logins(
    accounts: &Accounts,
    name: Option<&LoginName>,
    moment: ForceLogoutMoment,
    reasons: &Reasons,
) -> Result<String> {
    let Some(name) = name else {
        if !has_users(accounts).await? {
            return Err(CommandError::NoUsers(accounts.store().name()));
        }
        let outcome = accounts.force_everyone_out(&operator(), moment, reasons).await?;
        return Ok(in_words("everyone", &outcome));
    };
    let outcome = accounts.force_logout(&operator(), &target(name), moment, reasons).await?;
    Ok(in_words(name.as_typed(), &outcome))
}

fn in_words(whose: &str, outcome: &ForceLogoutOutcome<impl Display>) -> String {
    match outcome {
        ForceLogoutOutcome::Done { date, ended } => {
            format!("The logins of {whose} made up to {} have ended; {ended}.", rfc3339(*date))
        }
        ForceLogoutOutcome::Scheduled { at } => format!("The logins of {whose} will end at {}.", rfc3339(*at)),
        ForceLogoutOutcome::Unchanged { date } => {
            format!("Nothing changed. The logins of {whose} made up to {} had ended already.", rfc3339(*date))
        }
    }
}
