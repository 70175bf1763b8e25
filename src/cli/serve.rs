//! `curfew serve`

use std::{io, net::SocketAddr};

use rocket::{Build, Config, Rocket, error::ErrorKind};

use super::{CommandError, Result, database};
use crate::{settings, site};

pub(super) async fn run() -> Result<()> {
    let configuration = settings::load()?;
    // Before anything is made: a start in the wrong folder leaves nothing behind there.
    site::must_have_folders()?;
    let keys = configuration.secret_keys()?;
    // Opened here first, so that what is wrong is one line and not Rocket's account of it.
    database::create_store(&configuration).await?.close().await;
    launch(site::rocket(&configuration, &keys)?).await
}

/// Serves until the process is told to stop.
pub(super) async fn launch(site: Rocket<Build>) -> Result<()> {
    let at = address(&site);
    site::launch(site).await.map_err(|error| CommandError::Launch(launch_error(&error, &at)))
}

/// Where the site is to listen.
fn address(site: &Rocket<Build>) -> String {
    let config = site.figment().extract::<Config>().unwrap_or_default();
    SocketAddr::new(config.address, config.port).to_string()
}

fn launch_error(error: &rocket::Error, at: &str) -> String {
    // Rocket panics about an error that nobody has looked at.
    match error.kind() {
        ErrorKind::Bind(error) if error.kind() == io::ErrorKind::AddrInUse => format!(
            "its address {at} cannot be used: {error}; is another server running? Set ROCKET_PORT to use another port"
        ),
        ErrorKind::Bind(error) => format!(
            "its address {at} cannot be used: {error}; set ROCKET_ADDRESS and ROCKET_PORT to one that this user may use"
        ),
        kind => kind.to_string(),
    }
}
