//! `curfew serve`

use super::{CommandError, Result, database};
use crate::{
    settings::{self, Configuration, SecretKeys},
    site,
};

pub(super) async fn run() -> Result<()> {
    let configuration = settings::load()?;
    let keys = configuration.secret_keys()?;
    launch(&configuration, &keys).await
}

/// Migrates, then serves until the process is told to stop.
pub(super) async fn launch(configuration: &Configuration, keys: &SecretKeys) -> Result<()> {
    // Opened here first, so that what is wrong is one line and not Rocket's account of it.
    database::open_store(configuration).await?.close().await;
    site::rocket(configuration, keys)?
        .launch()
        .await
        .map(drop)
        .map_err(|error| CommandError::Launch(launch_error(&error)))
}

fn launch_error(error: &rocket::Error) -> String {
    let words = error.kind().to_string();
    // Rocket panics about an error that nobody has looked at.
    match error.kind() {
        rocket::error::ErrorKind::Bind(error) => format!(
            "its address cannot be used: {error}; is another server running? Set ROCKET_PORT to use another port"
        ),
        _ => words,
    }
}
