//! Reads a login's standing for the guard, by the fastest way for each engine.
//!
//! Every read starts after its request arrived. Nothing is cached between requests.

mod in_file;
mod lanes;

use rocket::tokio::time::timeout;

use super::{LoginStanding, get_login_standing};
use crate::{
    domain::logins::session_secret::SessionId,
    store::{
        Result, Store, StoreError,
        engine::{ACQUIRE_TIMEOUT, timed_out},
    },
};
pub(in crate::store) use in_file::FileReaders;
pub(in crate::store) use lanes::Lanes;

impl Store {
    /// Reads the standing of one login.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or holds an unknown code.
    pub async fn get_login_standing(&self, user_id: i64, session: &SessionId) -> Result<LoginStanding> {
        match self {
            Self::Postgres { readers, .. } => readers.read(user_id, session).await,
            Self::Sqlite { readers, clock, .. } => match readers.read(clock, user_id, session) {
                Some(read) => read,
                None => self.read_through_pool(user_id, session).await,
            },
        }
    }

    /// The slow path. It waits for a busy file, and reports what is wrong with a missing one.
    async fn read_through_pool(&self, user_id: i64, session: &SessionId) -> Result<LoginStanding> {
        let reading = async { get_login_standing(&mut self.read().await?, self.clock(), user_id, session).await };
        timeout(ACQUIRE_TIMEOUT, reading).await.unwrap_or(Err(StoreError::Unavailable(timed_out())))
    }
}
