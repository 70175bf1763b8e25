//! `curfew migrate`

use super::{Result, database, say};
use crate::settings;

pub(super) async fn run() -> Result<()> {
    let configuration = settings::load()?;
    database::create_store(&configuration).await?.close().await;
    say("The database is up to date.")
}
