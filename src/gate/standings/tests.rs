use super::*;
use crate::{domain::standing::SiteStanding, store::PoolLimits};

const ANA: i64 = 7;

/// A store that is never asked, and the name of a session.
async fn standings(is_cached: bool) -> (tempfile::TempDir, Standings, SessionId) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("curfew.db").display());
    let store = Store::open(&url, PoolLimits::default()).await.expect("a database");
    (folder, Standings::new(store, is_cached), SessionId::from_stored("phone".to_owned()))
}

fn keep(standings: &Standings, session: &SessionId) {
    let site = SiteStanding::default();
    let standing = LoginStanding { now: Moment::UNIX_EPOCH, account: None, site, site_user_reason: None, login: None };
    let generation = standings.0.cache.generation(ANA);
    standings.keep(ANA, session, &Found { standing, generation });
}

#[rocket::async_test]
async fn memory_is_believed_while_the_feed_has_looked_within_the_bound() {
    let (_folder, standings, phone) = standings(true).await;
    keep(&standings, &phone);
    assert!(standings.known(ANA, &phone).is_none(), "it has not looked yet");
    standings.feed_polled(Instant::now());
    keep(&standings, &phone);
    assert!(standings.known(ANA, &phone).is_some());
    rocket::tokio::time::sleep(FEED_BOUND).await;
    assert!(standings.known(ANA, &phone).is_none(), "as after a pause");
    standings.feed_polled(Instant::now());
    assert!(standings.known(ANA, &phone).is_some());
    standings.feed_died();
    assert!(standings.known(ANA, &phone).is_none());
}

#[rocket::async_test]
async fn nothing_is_believed_where_each_request_reads() {
    let (_folder, standings, phone) = standings(false).await;
    standings.feed_polled(Instant::now());
    keep(&standings, &phone);
    assert!(standings.known(ANA, &phone).is_none());
}

/// A look that began before a change, and ends after its answer, makes the feed count as alive.
#[rocket::async_test]
async fn who_cannot_catch_up_has_all_forgotten() {
    let (_folder, standings, phone) = standings(true).await;
    let old = Instant::now();
    standings.feed_polled(old);
    keep(&standings, &phone);
    standings.feed_died();
    standings.catch_up().await;
    standings.feed_polled(old);
    assert!(standings.known(ANA, &phone).is_none(), "the feed was dead");
    keep(&standings, &phone);
    assert!(standings.known(ANA, &phone).is_some());
    standings.catch_up().await;
    standings.feed_polled(Instant::now());
    assert!(standings.known(ANA, &phone).is_none(), "nobody looked");
}
