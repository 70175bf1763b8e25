//! `curfew event …`

use clap::Subcommand;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{
    CommandError, Result,
    database::{open, operator, target},
    say, say_json,
    show::rfc3339,
};
use crate::{
    accounts::{ChainKeys, ChainVerdict},
    domain::people::login_name::LoginName,
    settings,
    store::events::EventRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum EventCommand {
    /// List the newest events, newest first.
    List {
        /// Only events about this user: a username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: Option<LoginName>,
        /// How many events to list at most.
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// Print one JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Delete events older than `event_retention`, and erase deleted accounts from the events. The server also does this
    /// automatically, if its database role may.
    Purge,
    /// Verify that no event was changed or deleted since it was linked to the chain of events.
    Verify {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

impl EventCommand {
    pub(super) async fn run(self) -> Result<()> {
        match self {
            Self::List { name, limit, json } => list(name.as_ref(), limit, json).await,
            Self::Purge => purge().await,
            Self::Verify { json } => verify(json).await,
        }
    }

    /// The user that the command is about, as typed. Empty if there is none.
    pub(super) fn about(&self) -> &str {
        match self {
            Self::List { name, .. } => name.as_ref().map_or("", LoginName::as_typed),
            Self::Purge | Self::Verify { .. } => "",
        }
    }
}

async fn list(name: Option<&LoginName>, limit: i64, as_json: bool) -> Result<()> {
    let accounts = open().await?;
    let user = match name {
        Some(name) => Some(accounts.get_target(&target(name)).await?.id),
        None => None,
    };
    for event in accounts.list_newest_events(user, limit).await? {
        if as_json {
            say_json(&json_of(&event).to_string())?;
        } else {
            say(&line_of(&event))?;
        }
    }
    Ok(())
}

fn json_of(event: &EventRow) -> serde_json::Value {
    json!({
        "time": rfc3339(event.at),
        "kind": event.kind,
        "times": event.times,
        "actor": event.actor,
        "subject": event.subject,
        "reason": event.reason,
        "staff_reason": event.staff_reason,
        "user_reason": event.user_reason,
        "address": event.address,
        "user_agent": event.user_agent,
        "detail": event.detail,
    })
}

fn line_of(event: &EventRow) -> String {
    let words = [
        Some(rfc3339(event.at)),
        Some(event.kind.clone()),
        (event.times > 1).then(|| format!("{} times", event.times)),
        event.subject.clone(),
        event.actor.as_ref().map(|actor| format!("by {actor}")),
        event.address.as_ref().map(|address| format!("from {address}")),
        event.detail.clone(),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

async fn purge() -> Result<()> {
    let accounts = open().await?;
    let purged = accounts.purge_events_by(&operator()).await?;
    accounts.erase_events_of_deleted().await?;
    say(&match purged {
        1 => "1 event was deleted.".to_owned(),
        count => format!("{count} events were deleted."),
    })
}

/// The keys are those of the server, which seals the chain.
async fn verify(as_json: bool) -> Result<()> {
    let accounts = open().await?;
    let keys = ChainKeys::new(&settings::load()?.secret_keys()?);
    match accounts.verify_events(&keys).await? {
        ChainVerdict::Whole(chain) if as_json => {
            let last = chain.last.map(|last| {
                json!({
                    "link": last.number,
                    "event": last.event_id,
                    "time": rfc3339(last.event_at),
                    "hash": HEXLOWER.encode(&last.hash),
                })
            });
            let chain = json!({
                "is_whole": true,
                "linked": chain.linked,
                "erased": chain.erased,
                "not_linked": chain.not_linked,
                "deleted_up_to": chain.deleted_up_to.map(rfc3339),
                "last": last,
            });
            say_json(&chain.to_string())
        }
        ChainVerdict::Whole(chain) => say(&chain.to_string()),
        ChainVerdict::Broken(at) => {
            if as_json {
                let at = json!({ "is_whole": false, "event": at.event_id, "link": at.link, "fault": at.fault.code() });
                say_json(&at.to_string())?;
            }
            Err(CommandError::BrokenChain(at.to_string()))
        }
    }
}
