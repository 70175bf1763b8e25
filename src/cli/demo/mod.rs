//! `curfew demo`: a site full of people, made for looking around in and gone at the end.
//!
//! Its database and its secret key are its own; of the settings only Rocket's are read, such as the port.

mod history;
mod people;
mod signals;
mod stage;

use std::path::Path;

use rocket::{fairing::AdHoc, tokio};

use self::{signals::Signals, stage::Stage};
use super::{CommandError, Result, database, say, serve};
use crate::{
    accounts::AccountsError,
    settings::{self, Configuration, DatabaseAddress, SecretKeys, SecretMaterial, Settings},
    site,
};

/// The least there is: these passwords guard nothing, and there are many to hash.
const BCRYPT_COST: u32 = 4;
/// What the site is called.
const SITE_NAME: &str = "Riverside (demo)";

pub(super) async fn run() -> Result<()> {
    // From here on a signal no longer ends the process at once, which would leave the folder behind.
    let signals = Signals::listen()?;
    let folder = tempfile::Builder::new()
        .prefix("curfew-demo-")
        .tempdir()
        .map_err(|error| CommandError::Demo(format!("no folder can be made for its data: {error}")))?;
    let served = serve_from(folder.path(), signals).await;
    let path = folder.path().display().to_string();
    let removed = folder.close().map_err(|error| CommandError::NotRemoved(path, error.to_string()));
    served.and(removed)
}

async fn serve_from(folder: &Path, mut signals: Signals) -> Result<()> {
    let configuration = configuration(folder)?;
    let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
    let site = site::rocket(&configuration, &keys)?;
    match fill(&configuration, &mut signals).await? {
        Some(logins) => serve::launch(site.attach(ending_at(signals)).attach(saying(logins))).await,
        None => Ok(()),
    }
}

fn configuration(folder: &Path) -> Result<Configuration> {
    let address = format!("sqlite:{}", folder.join("curfew.db").display());
    let database = DatabaseAddress::parse(&address)
        .ok_or_else(|| CommandError::Demo("the folder for its data has a name that no address can hold".to_owned()))?;
    let mut configuration = settings::load_rockets_own(database)?;
    let settings = &mut configuration.settings;
    *settings = Settings { bcrypt_cost: BCRYPT_COST, site_name: SITE_NAME.to_owned(), ..Settings::default() };
    Ok(configuration)
}

/// Lets the history happen; returns the lines that tell the logins, or nothing after a signal.
///
/// A signal is heard between two steps: a database that is given up half-way still writes into its folder, which then
/// cannot be removed.
async fn fill(configuration: &Configuration, signals: &mut Signals) -> Result<Option<Vec<String>>> {
    let store = database::open_store(configuration).await?;
    let mut stage = Stage::new(store.clone(), configuration.settings.clone());
    let played = stage.play(&history::steps(), || signals.have_come()).await;
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

fn saying(logins: Vec<String>) -> AdHoc {
    AdHoc::on_liftoff("Sample logins", |_| {
        Box::pin(async move {
            let heading = "Sample logins, with passwords that are new at each start:".to_owned();
            let logins = logins.iter().map(|login| format!("  {login}"));
            let end = "All of it is thrown away at the end (Ctrl-C).".to_owned();
            for line in [heading].into_iter().chain(logins).chain([end]) {
                // A closed standard output is no reason to stop serving.
                let _ = say(&line);
            }
        })
    })
}

/// Ends the server at a signal, also at one that came before it was there.
fn ending_at(mut signals: Signals) -> AdHoc {
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
