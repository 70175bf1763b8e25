//! `curfew migrate`

use super::{Result, database, host, say};

pub(super) async fn run() -> Result<()> {
    let configuration = host::settings()?;
    database::create_store(&configuration).await?.close().await;
    say("The database is up to date.")
}
