//! `curfew event …`

use clap::Subcommand;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{
    CommandError, Result,
    database::{open, operator},
    say, say_json,
    show::rfc3339,
};
use crate::{
    accounts::{ChainKeys, ChainVerdict},
    settings,
};

#[derive(Debug, Subcommand)]
pub(super) enum EventCommand {
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
            Self::Purge => purge().await,
            Self::Verify { json } => verify(json).await,
        }
    }
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
    let keys = ChainKeys::new(&settings::load()?.secret_keys()?);
    match open().await?.verify_events(&keys).await? {
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
