//! Coming to the database as the server does.

use std::sync::Arc;

use super::Result;
use crate::{
    accounts::{Accounts, Actor, Target},
    domain::login_name::LoginName,
    settings::{self, Configuration},
    store::Store,
};

/// The use cases over the database of the settings, migrated.
pub(super) async fn open() -> Result<Accounts> {
    let configuration = settings::load()?;
    let store = open_store(&configuration).await?;
    Ok(Accounts::new(store, Arc::new(configuration.settings)))
}

/// The database of these settings, migrated.
pub(super) async fn open_store(configuration: &Configuration) -> Result<Store> {
    let store = Store::open(configuration.database.reveal(), configuration.connections).await?;
    store.migrate().await?;
    Ok(store)
}

/// The person at the command line.
pub(super) fn operator() -> Actor {
    Actor::operator(&whoami::username().unwrap_or_else(|_| "somebody".to_owned()))
}

/// Whom an argument names.
pub(super) fn target(name: &str) -> Result<Target> {
    Ok(Target::Name(LoginName::parse(name)?))
}
