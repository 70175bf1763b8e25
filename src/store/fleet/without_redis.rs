//! Stands in for the connection to Redis in a program without the feature `redis`. No value of it can exist.

use std::time::Duration;

use crate::{
    settings::RedisAddress,
    store::{Result, StoreError},
};

/// A connection to Redis, which this program does not have.
#[derive(Debug, Clone)]
pub enum RedisLink {}

impl RedisLink {
    /// Refuses. The settings have refused the address already.
    ///
    /// # Errors
    /// Always returns an error.
    pub fn to(_: &RedisAddress) -> Result<Self> {
        Err(StoreError::Unreadable("this program was built without Redis".to_owned()))
    }

    /// Never called.
    #[expect(clippy::unused_async, reason = "never called")]
    pub async fn warn_of_lossy_settings(&self) {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "never called")]
    pub(in crate::store) async fn get_text(&self, _: &str) -> Option<String> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "never called")]
    pub(in crate::store) async fn put_text(&self, _: &str, _: &str, _: Duration) {
        match *self {}
    }
}
