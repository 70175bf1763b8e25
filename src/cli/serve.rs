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

use super::{CommandError, Result, database, host};
use crate::site;

/// The signal of a write beyond `RLIMIT_FSIZE`, on Linux and the BSDs.
const SIGXFSZ: i32 = 25;

pub(super) async fn run(program: Rocket<Build>) -> Result<()> {
    // Listen first: a signal during the start then stops the site as soon as it has started.
    let hangup = signal(SignalKind::hangup());
    // Otherwise a file that reaches the limit of its size ends the server. With a handler, only the write fails.
    let _size_limit = signal(SignalKind::from_raw(SIGXFSZ));
    let configuration = host::settings()?;
    // Check before creating anything, so that a start in the wrong folder leaves no files there.
    configuration.must_have_origin()?;
    host::options()?.check_own_templates(&configuration)?;
    if configuration.database.file().is_none() {
        // Before the server is asked. Of a file, what is wrong with it comes first: its key lies next to it.
        configuration.secret_keys()?;
    }
    // Open and close the database once here, so that an error is one line and not Rocket's launch report.
    database::create_store(&configuration).await?.close().await;
    configuration.secret_keys()?;
    let hangup = AdHoc::on_liftoff("SIGHUP", |rocket| {
        let shutdown = rocket.shutdown();
        Box::pin(async move { stop_on_hangup(hangup, shutdown) })
    });
    launch(program.attach(hangup)).await
}

/// Serves until the process is stopped.
pub(super) async fn launch(site: Rocket<Build>) -> Result<()> {
    let at = address(&site);
    site::launch(site).await.map_err(|error| CommandError::Launch(launch_error(&error, &at)))
}

/// The address that the site will listen on.
fn address(site: &Rocket<Build>) -> String {
    let config = site.figment().extract::<Config>().unwrap_or_default();
    SocketAddr::new(config.address, config.port).to_string()
}

/// Shuts the server down on SIGHUP as gracefully as on SIGTERM, and logs why. Closing a terminal sends SIGHUP, and
/// many servers take it as a request to read their settings again, so the end may come as a surprise.
fn stop_on_hangup(hangup: io::Result<Signal>, shutdown: Shutdown) {
    match hangup {
        Ok(mut hangup) => drop(tokio::spawn(async move {
            if hangup.recv().await.is_some() {
                log::warn!(
                    "stopping, because of SIGHUP: the terminal was closed, or a reload was requested. Run it as a \
                     service, or with nohup, to outlive the terminal; restart it to read the settings again"
                );
                shutdown.notify();
            }
        })),
        Err(error) => log::warn!("SIGHUP will end the server at once: {error}"),
    }
}

fn launch_error(error: &rocket::Error, at: &str) -> String {
    // Calling `kind` marks the error as handled. Rocket panics when an unhandled one is dropped.
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
