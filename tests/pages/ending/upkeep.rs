//! Background work: recorded activity is written after the requests, and expired sessions are tidied.

use std::time::Duration;

use chrono::TimeDelta;
use curfew::{accounts::Tidied, domain::people::role::Role};
use rocket::tokio::{self, time::timeout};

use crate::harness::{
    person::Person,
    site::{Plan, Site},
    store::{Engine, engines},
};

const SEEN: &str = "SELECT COUNT(*) FROM curfew_logins WHERE last_seen > login_date";
const RECORDED: &str = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended'";

/// A site that writes recorded activity only when the test says so.
async fn site_with_unwritten_activity(engine: Engine) -> Site {
    let site = Plan { keeps_itself: true, ..Plan::default() }.on(engine).await;
    site.upkeep().stop();
    site.accounts().store().trust().waive_proof();
    site
}

async fn tidy(site: &Site) -> Tidied {
    site.accounts().tidy_logins().await.expect("the sessions are tidied")
}

async fn must_see_the_reason(person: &mut Person<'_>, reason: &str) {
    person.opens("/account").await.must_lead_to("/login?next=%2Faccount");
    assert_eq!(person.opens("/login").await.data_reason(), Some(reason));
}

#[rocket::async_test]
async fn many_requests_in_a_minute_cause_one_background_write() {
    for engine in engines() {
        let site = site_with_unwritten_activity(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(2));
        for _ in 0..5 {
            assert!(person.is_logged_in().await);
        }
        assert_eq!(site.database.number(SEEN).await, 0, "not yet");
        site.accounts().flush_activity().await.expect("the write succeeds");
        assert_eq!(site.database.number(SEEN).await, 1);
        let seen = site.database.texts("SELECT CAST(last_seen AS TEXT) FROM curfew_logins").await;
        for _ in 0..5 {
            assert!(person.is_logged_in().await);
        }
        site.accounts().flush_activity().await.expect("nothing to write");
        assert_eq!(site.database.texts("SELECT CAST(last_seen AS TEXT) FROM curfew_logins").await, seen);
    }
}

#[rocket::async_test]
async fn recording_activity_after_a_session_ended_does_not_revive_it() {
    for engine in engines() {
        let site = site_with_unwritten_activity(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        site.shift_clock(TimeDelta::minutes(2));
        assert!(person.is_logged_in().await);
        staff.forces_out(&person).await.must_be(303);
        site.accounts().flush_activity().await.expect("the write succeeds");
        assert_eq!(site.database.number(&format!("{SEEN} AND ended_at IS NOT NULL")).await, 0);
        must_see_the_reason(&mut person, "forced-out").await;
    }
}

#[rocket::async_test]
async fn a_graceful_shutdown_writes_pending_activity() {
    for engine in engines() {
        let site = site_with_unwritten_activity(engine).await;
        let mut people = [site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await];
        site.shift_clock(TimeDelta::minutes(2));
        for person in &mut people {
            assert!(person.is_logged_in().await);
        }
        assert_eq!(site.database.number(SEEN).await, 0, "not yet");
        let database = site.shut_down().await;
        assert_eq!(database.number(SEEN).await, 2);
    }
}

#[rocket::async_test]
async fn background_tasks_write_activity_and_stop_at_shutdown() {
    for engine in engines() {
        let site = Plan { keeps_itself: true, ..Plan::default() }.on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(2));
        assert!(person.is_logged_in().await);
        let written = async {
            while site.database.number(SEEN).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), written).await.expect("the write succeeds");
        site.shift_clock(TimeDelta::minutes(2));
        assert!(person.is_logged_in().await);
        site.shut_down().await;
    }
}

/// Statistics of a small table would make SQLite scan it after it has grown.
#[rocket::async_test]
async fn tidying_drops_statistics_that_somebody_collected() {
    const STATISTICS: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'";
    let site = site_with_unwritten_activity(Engine::Sqlite).await;
    site.database.execute("ANALYZE").await;
    assert_eq!(site.database.number(STATISTICS).await, 1);
    curfew::site::tidy(site.accounts()).await;
    assert_eq!(site.database.number(STATISTICS).await, 0);
}

#[rocket::async_test]
async fn a_user_returning_to_a_tidied_session_learns_why_it_ended() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut idle = site.signed_in(Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut leaving = site.signed_in(Role::Member).await;
        let mut purged = leaving.clone();
        leaving.posts("/logout", &[]).await.must_be(303);
        site.shift_clock(TimeDelta::days(4));
        let mut live = site.signed_in(Role::Member).await;
        assert_eq!(tidy(&site).await, Tidied { ended: 2, deleted: 0 });
        assert_eq!(site.database.number(RECORDED).await, 2);
        must_see_the_reason(&mut idle, "idle").await;
        must_see_the_reason(&mut staff, "expired").await;
        assert!(live.is_logged_in().await);
        assert_eq!(site.database.number(RECORDED).await, 2, "the gate must not record it again");
        site.shift_clock(TimeDelta::days(30));
        assert_eq!(tidy(&site).await, Tidied { ended: 1, deleted: 3 });
        must_see_the_reason(&mut purged, "expired").await;
    }
}
