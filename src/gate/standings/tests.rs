use super::*;
use crate::{domain::standing::SiteStanding, store::PoolLimits};

const ANA: i64 = 7;

/// Standings over a store that is never queried, and the id of a session.
async fn standings(is_cached: bool) -> (tempfile::TempDir, Standings, PublicId) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("curfew.db").display());
    let store = Store::open(&url, PoolLimits::default()).await.expect("a database");
    (folder, Standings::new(store, is_cached), PublicId::from_stored("phone".to_owned()))
}

fn cache(standings: &Standings, session: &PublicId) {
    let site = SiteStanding::default();
    let standing = LoginStanding { now: Moment::UNIX_EPOCH, account: None, site, site_user_reason: None, login: None };
    let generation = standings.0.cache.generation(ANA);
    standings.cache(ANA, session, &ReadStanding { standing, generation });
}

#[rocket::async_test]
async fn the_cache_is_used_while_the_last_poll_is_within_the_bound() {
    let (_folder, standings, phone) = standings(true).await;
    cache(&standings, &phone);
    assert!(standings.cached(ANA, &phone).is_none(), "the feed has not polled yet");
    standings.feed_polled(Instant::now());
    cache(&standings, &phone);
    assert!(standings.cached(ANA, &phone).is_some());
    rocket::tokio::time::sleep(FEED_MAX_AGE).await;
    assert!(standings.cached(ANA, &phone).is_none(), "the last poll is too old, as after a pause of the node");
    standings.feed_polled(Instant::now());
    assert!(standings.cached(ANA, &phone).is_some());
    standings.feed_died();
    assert!(standings.cached(ANA, &phone).is_none());
}

#[rocket::async_test]
async fn the_cache_is_not_used_when_each_request_reads_the_database() {
    let (_folder, standings, phone) = standings(false).await;
    standings.feed_polled(Instant::now());
    cache(&standings, &phone);
    assert!(standings.cached(ANA, &phone).is_none());
}

/// Otherwise a poll that began before a change, and ends after the response, would make the feed count as alive.
#[rocket::async_test]
async fn the_cache_is_cleared_when_the_feed_cannot_catch_up() {
    let (_folder, standings, phone) = standings(true).await;
    let old = Instant::now();
    standings.feed_polled(old);
    cache(&standings, &phone);
    standings.feed_died();
    standings.catch_up().await;
    standings.feed_polled(old);
    assert!(standings.cached(ANA, &phone).is_none(), "the feed was down");
    cache(&standings, &phone);
    assert!(standings.cached(ANA, &phone).is_some());
    standings.catch_up().await;
    standings.feed_polled(Instant::now());
    assert!(standings.cached(ANA, &phone).is_none(), "no poll answered in time");
}
