//! Connections held back from the pool for what the guard reads on each request.
//!
//! The pool pings a connection each time it comes back, which costs the guard a second trip to the
//! database for each one that it needs. A connection here is used again as it is; one that fails is
//! dropped, and the read is tried once more with a fresh one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rocket::tokio::sync::{Mutex, MutexGuard};

use super::{
    Connection, Result, Store,
    standing::{LoginStanding, get_login_standing},
};
use crate::domain::session_secret::SessionId;

/// The connections, each taken out of its place while it is in use: a request that is dropped in
/// the middle of a read drops the connection with it.
#[derive(Debug, Clone)]
pub struct Readers {
    places: Arc<[Mutex<Option<Connection>>]>,
    turn: Arc<AtomicUsize>,
}

impl Readers {
    /// Places for so many connections, made when they are first needed.
    pub(super) fn new(places: u32) -> Self {
        Self { places: (0..places.max(1)).map(|_| Mutex::default()).collect(), turn: Arc::default() }
    }

    /// A place that is free, or else the one whose turn it is.
    async fn place(&self) -> MutexGuard<'_, Option<Connection>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut places = (0..self.places.len()).map(|offset| &self.places[(turn + offset) % self.places.len()]);
        match places.find_map(|place| place.try_lock().ok()) {
            Some(place) => place,
            None => self.places[turn % self.places.len()].lock().await,
        }
    }

    /// Gives every connection back to the pool.
    pub(super) async fn clear(&self) {
        for place in self.places.iter() {
            place.lock().await.take();
        }
    }
}

impl Store {
    /// Reads what decides over the login that this session made.
    ///
    /// # Errors
    /// When the database does not answer, or holds a word that is no reason.
    pub async fn get_login_standing(&self, user_id: i64, session: &SessionId) -> Result<LoginStanding> {
        let mut place = self.readers().place().await;
        if let Some(mut held) = place.take() {
            match get_login_standing(&mut held, self.clock(), user_id, session).await {
                Ok(standing) => {
                    *place = Some(held);
                    return Ok(standing);
                }
                Err(error) => log::debug!("a connection of the guard is dropped: {error}"),
            }
        }
        let mut fresh = self.read().await?;
        let standing = get_login_standing(&mut fresh, self.clock(), user_id, session).await?;
        *place = Some(fresh);
        Ok(standing)
    }
}
