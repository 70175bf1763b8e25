//! `curfew serve`

use std::io;

use rocket::{Build, Rocket, error::ErrorKind};

use super::{CommandError, Result, database};
use crate::{settings, site};

pub(super) async fn run() -> Result<()> {
    let configuration = settings::load()?;
    // Before anything is made: a start in the wrong folder leaves nothing behind there.
    site::must_have_folders()?;
    let keys = configuration.secret_keys()?;
    // Opened here first, so that what is wrong is one line and not Rocket's account of it.
    database::open_store(&configuration).await?.close().await;
    launch(site::rocket(&configuration, &keys)?).await
}

/// Serves until the process is told to stop.
pub(super) async fn launch(site: Rocket<Build>) -> Result<()> {
    site::launch(site).await.map_err(|error| CommandError::Launch(launch_error(&error)))
}

fn launch_error(error: &rocket::Error) -> String {
    // Rocket panics about an error that nobody has looked at.
    match error.kind() {
        ErrorKind::Bind(error) if error.kind() == io::ErrorKind::AddrInUse => format!(
            "its address cannot be used: {error}; is another server running? Set ROCKET_PORT to use another port"
        ),
        ErrorKind::Bind(error) => format!(
            "its address cannot be used: {error}; set ROCKET_ADDRESS and ROCKET_PORT to one that this user may use"
        ),
        kind => kind.to_string(),
    }
}
