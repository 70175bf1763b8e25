//! `curfew force-logout …`

use clap::{ArgGroup, Args};

use super::{
    Result,
    database::{open, operator, target},
    say,
    show::{counted, rfc3339},
};
use crate::{
    accounts::{Accounts, ForceLogoutMoment, ForceLogoutOutcome},
    domain::{
        moment::parse_moment,
        reason_text::{ReasonText, Reasons},
    },
};

/// Whose logins to end, and when.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["name", "everyone"]))]
pub(super) struct ForceLogout {
    /// A username or an email.
    name: Option<String>,
    /// Everyone, yourself among them.
    #[arg(long)]
    everyone: bool,
    /// Why, for the events; the user does not see it.
    #[arg(long, value_name = "R", conflicts_with = "cancel")]
    reason: Option<String>,
    /// End the logins made up to then, such as 2026-03-01T14:30:00Z; a moment to come is scheduled.
    #[arg(long, value_name = "RFC3339", conflicts_with = "cancel")]
    at: Option<String>,
    /// Call off what is scheduled.
    #[arg(long)]
    cancel: bool,
}

impl ForceLogout {
    pub(super) async fn run(self) -> Result<()> {
        let moment = match &self.at {
            Some(text) => ForceLogoutMoment::At(parse_moment(text)?),
            None => ForceLogoutMoment::Now,
        };
        let for_staff = ReasonText::parse(self.reason.as_deref().unwrap_or_default())?;
        let reasons = Reasons { for_staff, for_user: ReasonText::default() };
        let accounts = open().await?;
        match (&self.name, self.cancel) {
            (Some(name), true) => {
                accounts.cancel_force_logout(&operator(), &target(name)?).await?;
                say(&format!("The force logout scheduled for {name} is called off."))
            }
            (None, true) => {
                accounts.cancel_everyone_out(&operator()).await?;
                say("The force logout scheduled for everyone is called off.")
            }
            (name, false) => say(&end_logins(&accounts, name.as_deref(), moment, &reasons).await?),
        }
    }
}

async fn end_logins(
    accounts: &Accounts,
    name: Option<&str>,
    moment: ForceLogoutMoment,
    reasons: &Reasons,
) -> Result<String> {
    let outcome = match name {
        Some(name) => accounts.force_logout(&operator(), &target(name)?, moment, reasons).await?,
        None => accounts.force_everyone_out(&operator(), moment, reasons).await?,
    };
    let whose = name.map_or_else(|| "The logins of everyone".to_owned(), |name| format!("The logins of {name}"));
    Ok(match outcome {
        ForceLogoutOutcome::Done { date, ended } => {
            let count = if name.is_some() { counted(ended) } else { String::new() };
            format!("{whose} made up to {} have ended{count}.", rfc3339(date))
        }
        ForceLogoutOutcome::Scheduled { at } => format!("{whose} will end at {}.", rfc3339(at)),
        ForceLogoutOutcome::Unchanged { date } => {
            format!("Nothing changed. {whose} made up to {} had ended already.", rfc3339(date))
        }
    })
}
