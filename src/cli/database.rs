//! Coming to the database as the server does.

use std::sync::Arc;

use super::{Result, say};
use crate::{
    accounts::{Accounts, Actor, Target},
    domain::people::login_name::LoginName,
    settings::{self, Configuration},
    store::{OpenError, PoolLimits, Store, create_missing_file},
};

/// The use cases over the database of the settings, migrated. A site must have been there before: a
/// command that ran on a new, empty database would report success and change nothing.
pub(super) async fn open() -> Result<Accounts> {
    let configuration = settings::load()?;
    let store =
        Store::open_existing(configuration.database.reveal(), PoolLimits::of(configuration.connections)).await?;
    if store.is_empty().await? {
        return Err(OpenError::Empty(store.name()).into());
    }
    store.migrate().await?;
    Ok(Accounts::new(store, Arc::new(configuration.settings)))
}

/// The use cases over the database of the settings, which is created where it is missing.
pub(super) async fn open_or_create() -> Result<Accounts> {
    let configuration = settings::load()?;
    let store = create_store(&configuration).await?;
    Ok(Accounts::new(store, Arc::new(configuration.settings)))
}

/// The database of these settings, migrated. Says so where it creates the file.
pub(super) async fn create_store(configuration: &Configuration) -> Result<Store> {
    if let Some(path) = create_missing_file(configuration.database.reveal())? {
        say(&format!("Created the database file {}.", path.display()))?;
    }
    open_store(configuration).await
}

/// The database of these settings, migrated.
pub(super) async fn open_store(configuration: &Configuration) -> Result<Store> {
    let store = Store::open(configuration.database.reveal(), PoolLimits::of(configuration.connections)).await?;
    store.migrate().await?;
    Ok(store)
}

/// The person at the command line.
pub(super) fn operator() -> Actor {
    Actor::operator(&whoami::username().unwrap_or_else(|_| "somebody".to_owned()))
}

/// Whom an argument names.
pub(super) fn target(name: &LoginName) -> Target {
    Target::Name(name.clone())
}
