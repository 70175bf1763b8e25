//! What the guard reads on each request, by the shortest way to each engine.
//!
//! Each answer is read after its request asked: nothing is remembered from one to the next.

mod in_file;
mod lanes;

use rocket::tokio::time::timeout;

use super::{LoginStanding, get_login_standing};
use crate::{
    domain::logins::session_secret::SessionId,
    store::{Result, Store, StoreError, engine::silence, pool::ACQUIRE_TIMEOUT},
};
pub(in crate::store) use in_file::FileReaders;
pub(in crate::store) use lanes::Lanes;

impl Store {
    /// Reads what decides over the login that this session made.
    ///
    /// # Errors
    /// When the database does not answer, or holds a word that is no reason.
    pub async fn get_login_standing(&self, user_id: i64, session: &SessionId) -> Result<LoginStanding> {
        match self {
            Self::Postgres { readers, .. } => readers.read(user_id, session).await,
            Self::Sqlite { readers, clock, .. } => match readers.read(clock, user_id, session) {
                Some(read) => read,
                None => self.read_through_pool(user_id, session).await,
            },
        }
    }

    /// The long way, which waits for a file that is busy, and says what is wrong with one that is gone.
    async fn read_through_pool(&self, user_id: i64, session: &SessionId) -> Result<LoginStanding> {
        let reading = async { get_login_standing(&mut self.read().await?, self.clock(), user_id, session).await };
        timeout(ACQUIRE_TIMEOUT, reading).await.unwrap_or(Err(StoreError::Unavailable(silence())))
    }
}
