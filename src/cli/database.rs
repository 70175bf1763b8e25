//! Opens the database with the server's settings.

use std::sync::{Arc, OnceLock};

use super::{Result, host, say};
use crate::{
    accounts::{Accounts, Actor, Target},
    domain::people::login_name::LoginName,
    settings::Configuration,
    store::{OpenError, PoolLimits, Store, create_missing_file, schema::Content},
};

/// The name of the database that this process has opened. Errors of later statements do not contain it.
static OPENED: OnceLock<String> = OnceLock::new();

/// The name of the database that this process has opened, for error messages. Never a user or a password.
pub(super) fn opened() -> Option<&'static str> {
    OPENED.get().map(String::as_str)
}

/// Opens and migrates the database of the settings, which must hold a site already. On a new database, a command would
/// report success and change nothing.
pub(super) async fn open() -> Result<Accounts> {
    open_existing(host::settings()?).await
}

/// Like [`open`], for a command that sets a password: it needs the server's secret key.
pub(super) async fn open_to_hash() -> Result<Accounts> {
    let configuration = host::settings()?;
    let accounts = open_existing(configuration.clone()).await?;
    // After the database was found: without one, a command must not create a key.
    Ok(accounts.hashing_with(&configuration.secret_keys()?))
}

async fn open_existing(configuration: Configuration) -> Result<Accounts> {
    let store =
        named(Store::open_existing(configuration.database.reveal(), PoolLimits::of(configuration.connections)).await?);
    match store.content().await? {
        Content::Site => {}
        Content::Nothing => return Err(OpenError::Empty(store.name()).into()),
        Content::Other => return Err(OpenError::Foreign(store.name()).into()),
    }
    store.migrate().await?;
    accounts_over(store, configuration)
}

/// Opens and migrates the database of the settings, and creates it and its secret key if they are missing.
pub(super) async fn open_or_create(configuration: Configuration) -> Result<Accounts> {
    let store = create_store(&configuration).await?;
    let keys = configuration.secret_keys()?;
    Ok(accounts_over(store, configuration)?.hashing_with(&keys))
}

/// The use cases, with the hooks of the program.
fn accounts_over(store: Store, configuration: Configuration) -> Result<Accounts> {
    let hooks = host::options()?.hooks.clone();
    Ok(Accounts::new(store, Arc::new(configuration.settings)).calling(hooks))
}

/// Opens and migrates a database. Prints a line if it creates the file.
pub(super) async fn create_store(configuration: &Configuration) -> Result<Store> {
    if configuration.database.file().is_some_and(|file| !file.exists()) {
        // The key first: whoever finds the database finds its key too.
        configuration.secret_keys()?;
    }
    if let Some(path) = create_missing_file(configuration.database.reveal())? {
        say(&format!("Created the database file {}.", path.display()))?;
    }
    open_store(configuration).await
}

/// Opens and migrates a database.
pub(super) async fn open_store(configuration: &Configuration) -> Result<Store> {
    let store = named(Store::open(configuration.database.reveal(), PoolLimits::of(configuration.connections)).await?);
    store.migrate().await?;
    Ok(store)
}

fn named(store: Store) -> Store {
    OPENED.get_or_init(|| store.name());
    store
}

/// The operating-system user who runs the command, as the acting user.
pub(super) fn operator() -> Actor {
    Actor::operator(&whoami::username().unwrap_or_else(|_| "somebody".to_owned()))
}

/// The account that an argument names.
pub(super) fn target(name: &LoginName) -> Target {
    Target::Name(name.clone())
}
