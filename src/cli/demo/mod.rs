//! `curfew demo`: a site with sample users that deletes its data at the end.
//!
//! It must touch no other data: it has its own database and secret key, and reads only Rocket's settings, such as the
//! port. So it has no origin of its own, and serves this machine only.

mod errors;
mod history;
mod people;
mod signals;
mod stage;

use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt as _, path::Path};

use rocket::{fairing::AdHoc, http::RawStr, tokio};

use self::{signals::Signals, stage::Stage};
use super::{CommandError, Result, database, say, serve};
use crate::{
    accounts::AccountsError,
    settings::{self, Configuration, DatabaseAddress, SecretKeys, SecretMaterial, Settings},
    site,
};

/// The minimum. There are many passwords to hash, and they protect nothing.
const BCRYPT_COST: u32 = 4;
const SITE_NAME: &str = "Riverside (demo)";

pub(super) async fn run() -> Result<()> {
    // From here on, a signal does not end the process immediately, which would leave the folder behind.
    let signals = Signals::listen()?;
    let folder = tempfile::Builder::new()
        .prefix("curfew-demo-")
        .tempdir()
        .map_err(|error| CommandError::Demo(format!("a folder for its data cannot be created: {error}")))?;
    let served = serve_from(folder.path(), signals).await;
    let path = folder.path().display().to_string();
    let removed = folder.close().map_err(|error| CommandError::NotRemoved(path, error.to_string()));
    served.and(removed)
}

async fn serve_from(folder: &Path, mut signals: Signals) -> Result<()> {
    let configuration = configuration(folder)?;
    let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
    let site = site::rocket(&configuration, &keys);
    match fill(&configuration, &keys, &mut signals).await? {
        Some(logins) => {
            let letters = file_address(&configuration.mail_folder())?;
            serve::launch(site.attach(stop_on(signals)).attach(print_logins(logins, letters))).await
        }
        None => Ok(()),
    }
}

fn configuration(folder: &Path) -> Result<Configuration> {
    let address = format!("sqlite:{}", folder.join("curfew.db").display());
    let database = DatabaseAddress::parse(&address).ok_or_else(|| {
        CommandError::Demo("the path of its data folder does not fit into a database address".to_owned())
    })?;
    let mut configuration = settings::load_rocket_settings(database)?;
    let settings = &mut configuration.settings;
    *settings = Settings { bcrypt_cost: BCRYPT_COST, site_name: SITE_NAME.to_owned(), ..Settings::default() };
    if configuration.must_have_origin().is_err() {
        let why = "it serves this machine only: set ROCKET_ADDRESS to a loopback address such as 127.0.0.1";
        return Err(CommandError::Demo(why.to_owned()));
    }
    Ok(configuration)
}

/// Fills the database with the history. Returns the lines that describe the sample logins, or `None` after a signal.
///
/// It checks for signals only between two steps, and then closes the database: a database that is abandoned during a
/// step still writes into its folder, which then cannot be deleted.
async fn fill(configuration: &Configuration, keys: &SecretKeys, signals: &mut Signals) -> Result<Option<Vec<String>>> {
    let store = database::open_store(configuration).await?;
    let mut stage = Stage::new(store.clone(), configuration.settings.clone(), keys);
    let played = stage.play(&history::steps(), || signals.have_arrived()).await;
    store.close().await;
    if !played? {
        return Ok(None);
    }
    let lines: Result<Vec<String>> =
        [("superuser", people::SUPERUSER), ("staff", people::STAFF), ("member", people::MEMBER)]
            .into_iter()
            .map(|(role, who)| {
                let password = stage.password(who).ok_or(AccountsError::NoSuchUser)?;
                Ok(format!("{role:<10} {who:<16} {password}"))
            })
            .collect();
    lines.map(Some)
}

/// The address of the folder for a browser, which shows its files. The folder exists from now on.
fn file_address(folder: &Path) -> Result<String> {
    let refused = |error: io::Error| CommandError::Demo(format!("{}: {error}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused)?;
    let path = folder.canonicalize().map_err(refused)?;
    let encoded = path
        .to_string_lossy()
        .split('/')
        .map(|name| RawStr::new(name).percent_encode().to_string())
        .collect::<Vec<_>>()
        .join("/");
    Ok(format!("file://{encoded}"))
}

fn print_logins(logins: Vec<String>, letters: String) -> AdHoc {
    AdHoc::on_liftoff("Sample logins", |_| {
        Box::pin(async move {
            let heading = "Sample logins, with new passwords at each start:".to_owned();
            let logins = logins.iter().map(|login| format!("  {login}"));
            let letters = format!("Letters that the site sends become files for a mail program, in {letters}");
            let end = "Press Ctrl-C to stop the demo and delete its data.".to_owned();
            for line in [heading].into_iter().chain(logins).chain([letters, end]) {
                // A closed standard output is no reason to stop serving.
                let _ = say(&line);
            }
        })
    })
}

/// Stops the server on a signal, even on one that arrived before the server started.
fn stop_on(mut signals: Signals) -> AdHoc {
    AdHoc::on_liftoff("Signals", |rocket| {
        let shutdown = rocket.shutdown();
        Box::pin(async move {
            tokio::spawn(async move {
                signals.next().await;
                shutdown.notify();
            });
        })
    })
}
