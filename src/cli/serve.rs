//! `curfew serve`

use std::{io, net::SocketAddr};

use rocket::{
    Build, Config, Rocket, Shutdown,
    error::ErrorKind,
    fairing::AdHoc,
    tokio::{
        self,
        signal::unix::{Signal, SignalKind, signal},
    },
};

use super::{CommandError, Result, database};
use crate::{settings, site};

pub(super) async fn run() -> Result<()> {
    // First of all: what comes while the site starts ends it as soon as it has started.
    let hangup = signal(SignalKind::hangup());
    let configuration = settings::load()?;
    // Before anything is made: a start in the wrong folder leaves nothing behind there.
    site::must_have_folders()?;
    let keys = configuration.secret_keys()?;
    // Opened here first, so that what is wrong is one line and not Rocket's account of it.
    database::create_store(&configuration).await?.close().await;
    let hangup = AdHoc::on_liftoff("SIGHUP", |rocket| {
        let shutdown = rocket.shutdown();
        Box::pin(async move { stop_on_hangup(hangup, shutdown) })
    });
    launch(site::rocket(&configuration, &keys)?.attach(hangup)).await
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

/// The terminal is gone, or somebody expects the settings to be read again: the server ends as politely as on
/// SIGTERM, and says why, since it would else end without a word.
fn stop_on_hangup(hangup: io::Result<Signal>, shutdown: Shutdown) {
    match hangup {
        Ok(mut hangup) => drop(tokio::spawn(async move {
            if hangup.recv().await.is_some() {
                log::error!("stopping on SIGHUP; run it as a service, or with nohup, to outlive the terminal");
                shutdown.notify();
            }
        })),
        Err(error) => log::warn!("SIGHUP will end the server at once: {error}"),
    }
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
