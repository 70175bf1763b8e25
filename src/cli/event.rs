//! `curfew event …`

use clap::Subcommand;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::json;

use super::{
    CommandError, Result,
    database::{open, operator, target},
    host, say, say_json,
    show::rfc3339,
};
use crate::{
    accounts::{ChainKeys, ChainVerdict, NotedLink, WholeChain},
    domain::people::login_name::LoginName,
    store::events::{EventRow, chain::HASH_BYTES},
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
        /// A link that an earlier verification printed: the chain must still have it, and only links after it are
        /// reported as late.
        #[arg(long, value_name = "NUMBER:HASH", value_parser = noted_link)]
        since: Option<NotedLink>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Continue the chain of events under a new secret key, when the old key is not in `previous_secret_keys`.
    Continue {
        /// The last link, as a verification with the old key printed it.
        #[arg(value_name = "NUMBER:HASH", value_parser = noted_link)]
        after: NotedLink,
    },
}

impl EventCommand {
    pub(super) async fn run(self) -> Result<()> {
        match self {
            Self::List { name, limit, json } => list(name.as_ref(), limit, json).await,
            Self::Purge => purge().await,
            Self::Verify { since, json } => verify(since.as_ref(), json).await,
            Self::Continue { after } => continue_chain(&after).await,
        }
    }

    /// The user that the command is about, as typed. Empty if there is none.
    pub(super) fn about(&self) -> &str {
        match self {
            Self::List { name, .. } => name.as_ref().map_or("", LoginName::as_typed),
            Self::Purge | Self::Verify { .. } | Self::Continue { .. } => "",
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

/// Parses a link as [`verify`] prints it.
fn noted_link(text: &str) -> std::result::Result<NotedLink, &'static str> {
    let (number, hash) = text.split_once(':').ok_or("expected NUMBER:HASH")?;
    let number = number.parse().map_err(|_| "the part before the colon is not a number")?;
    let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok().filter(|hash| hash.len() == HASH_BYTES);
    Ok(NotedLink { number, hash: hash.ok_or("the part after the colon is not a hash of 64 hexadecimal digits")? })
}

/// The keys of the server, which seals the chain.
fn chain_keys() -> Result<ChainKeys> {
    Ok(ChainKeys::new(&host::settings()?.secret_keys()?))
}

async fn verify(since: Option<&NotedLink>, as_json: bool) -> Result<()> {
    let accounts = open().await?;
    match accounts.verify_events(&chain_keys()?, since).await? {
        ChainVerdict::Whole(chain) => {
            if as_json {
                say_json(&json_of_chain(&chain).to_string())?;
            } else {
                say(&chain.to_string())?;
                if let Some(last) = &chain.last {
                    say(&format!("The last link: {}:{}", last.number, HEXLOWER.encode(&last.hash)))?;
                }
            }
            chain.late.map_or(Ok(()), |late| Err(CommandError::LateLinks(late.to_string())))
        }
        ChainVerdict::Broken(at) => {
            if as_json {
                let at = json!({ "is_whole": false, "event": at.event_id, "link": at.link, "fault": at.fault.code() });
                say_json(&at.to_string())?;
            }
            Err(CommandError::BrokenChain(at.to_string()))
        }
    }
}

fn json_of_chain(chain: &WholeChain) -> serde_json::Value {
    let last = chain.last.as_ref().map(|last| {
        json!({
            "link": last.number,
            "event": last.event_id,
            "time": rfc3339(last.event_at),
            "hash": HEXLOWER.encode(&last.hash),
        })
    });
    let late = chain.late.map(|late| {
        json!({
            "events": late.events,
            "first_event": rfc3339(late.first_event_at),
            "last_event": rfc3339(late.last_event_at),
            "first_linked": rfc3339(late.first_linked_at),
            "last_linked": rfc3339(late.last_linked_at),
        })
    });
    json!({
        "is_whole": true,
        "linked": chain.linked,
        "erased": chain.erased,
        "not_linked": chain.not_linked,
        "deleted_up_to": chain.deleted_up_to.map(rfc3339),
        "last": last,
        "late": late,
    })
}

async fn continue_chain(after: &NotedLink) -> Result<()> {
    let accounts = open().await?;
    if !accounts.continue_chain(&operator(), &chain_keys()?, after).await? {
        return Err(CommandError::NotLastLink(after.number));
    }
    say(&format!("The chain continues after link {}.", after.number))
}
