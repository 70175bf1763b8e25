//! Stands in for the counters in Redis in a program without the feature `redis`. No value of it can exist.

use super::Changed;
use crate::store::fleet::redis_link::RedisLink;

#[derive(Debug, Clone)]
pub(super) enum InRedis {}

impl InRedis {
    pub(super) const fn new(link: RedisLink) -> Self {
        match link {}
    }

    #[expect(clippy::unused_async, reason = "never called")]
    pub(super) async fn change<R>(
        &self,
        _: &[String],
        _: &impl Fn(i64, &[Option<String>]) -> (R, Changed),
    ) -> Option<R> {
        match *self {}
    }
}
