//! `curfew event …`

use clap::Subcommand;

use super::{
    Result,
    database::{open, operator},
    say,
};

#[derive(Debug, Subcommand)]
pub(super) enum EventCommand {
    /// Delete events older than `event_retention`. The server also does this automatically.
    Purge,
}

impl EventCommand {
    pub(super) async fn run(self) -> Result<()> {
        match self {
            Self::Purge => purge().await,
        }
    }
}

async fn purge() -> Result<()> {
    let purged = open().await?.purge_events_by(&operator()).await?;
    say(&match purged {
        1 => "1 event was deleted.".to_owned(),
        count => format!("{count} events were deleted."),
    })
}
