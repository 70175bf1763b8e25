//! Stands in for the counters in Postgres in a program without the feature `postgres`. No value of it can exist.

use super::Changed;
use crate::store::{Result, Store};

#[derive(Debug, Clone)]
pub(super) enum InPostgres {}

impl InPostgres {
    pub(super) const fn of(_: &Store) -> Option<Self> {
        None
    }

    pub(super) const fn max_connections(&self) -> u32 {
        match *self {}
    }

    pub(super) const fn must_be_trusted(&self) -> Result<()> {
        match *self {}
    }

    pub(super) async fn change<R>(
        &self,
        _: &[String],
        _: &impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> Result<R> {
        match *self {}
    }
}
