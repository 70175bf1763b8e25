//! The pool as a `rocket_db_pools` database.

use rocket::figment::Figment;
use rocket_db_pools::{Config, Database};

use crate::store::{Connection, OpenError, PoolLimits, Store, StoreError};

/// The database for Rocket, configured under `[default.databases.curfew]`.
#[derive(Debug, Clone, Database)]
#[database("curfew")]
pub struct Db(Store);

#[rocket::async_trait]
impl rocket_db_pools::Pool for Store {
    type Connection = Connection;
    type Error = rocket_db_pools::Error<OpenError, StoreError>;

    async fn init(figment: &Figment) -> std::result::Result<Self, Self::Error> {
        let config: Config = figment.extract()?;
        let limits = PoolLimits::of(u32::try_from(config.max_connections).ok());
        let store = Self::open(&config.url, limits).await.map_err(rocket_db_pools::Error::Init)?;
        store.migrate().await.map_err(rocket_db_pools::Error::Init)?;
        Ok(store)
    }

    async fn get(&self) -> std::result::Result<Self::Connection, Self::Error> {
        self.read().await.map_err(rocket_db_pools::Error::Get)
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}
