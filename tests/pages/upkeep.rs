//! What the site does by itself: who was seen is written behind the requests, sessions are tidied.

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
const TOLD: &str = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended'";

/// A site where nothing is written behind the requests until the test says so.
async fn held_back(engine: Engine) -> Site {
    let site = Plan { keeps_itself: true, ..Plan::default() }.on(engine).await;
    site.upkeep().stop();
    site.accounts().store().trust().needs_no_proof();
    site
}

async fn tidy(site: &Site) -> Tidied {
    site.accounts().tidy_logins().await.expect("the sessions are tidied")
}

async fn must_be_told(person: &mut Person<'_>, reason: &str) {
    person.opens("/account").await.must_lead_to("/login?next=%2Faccount");
    assert_eq!(person.opens("/login").await.data_reason(), Some(reason));
}

#[rocket::async_test]
async fn many_requests_in_a_minute_are_one_write_and_none_waits_for_it() {
    for engine in engines() {
        let site = held_back(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(2));
        for _ in 0..5 {
            assert!(person.is_in().await);
        }
        assert_eq!(site.database.number(SEEN).await, 0, "not yet");
        site.accounts().flush_activity().await.expect("it is written");
        assert_eq!(site.database.number(SEEN).await, 1);
        let seen = site.database.texts("SELECT CAST(last_seen AS TEXT) FROM curfew_logins").await;
        for _ in 0..5 {
            assert!(person.is_in().await);
        }
        site.accounts().flush_activity().await.expect("nothing is to be written");
        assert_eq!(site.database.texts("SELECT CAST(last_seen AS TEXT) FROM curfew_logins").await, seen);
    }
}

#[rocket::async_test]
async fn a_request_that_is_written_after_its_session_ended_does_not_bring_it_back() {
    for engine in engines() {
        let site = held_back(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        site.shift_clock(TimeDelta::minutes(2));
        assert!(person.is_in().await);
        staff.forces_out(&person).await.must_be(303);
        site.accounts().flush_activity().await.expect("it is written");
        assert_eq!(site.database.number(&format!("{SEEN} AND ended_at IS NOT NULL")).await, 0);
        must_be_told(&mut person, "forced-out").await;
    }
}

#[rocket::async_test]
async fn a_polite_shutdown_writes_what_waits() {
    for engine in engines() {
        let site = held_back(engine).await;
        let mut people = [site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await];
        site.shift_clock(TimeDelta::minutes(2));
        for person in &mut people {
            assert!(person.is_in().await);
        }
        assert_eq!(site.database.number(SEEN).await, 0, "not yet");
        let database = site.shut_down().await;
        assert_eq!(database.number(SEEN).await, 2);
    }
}

#[rocket::async_test]
async fn a_site_left_to_itself_writes_and_shuts_down() {
    for engine in engines() {
        let site = Plan { keeps_itself: true, ..Plan::default() }.on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(2));
        assert!(person.is_in().await);
        let written = async {
            while site.database.number(SEEN).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), written).await.expect("it is written");
        site.shift_clock(TimeDelta::minutes(2));
        assert!(person.is_in().await);
        site.shut_down().await;
    }
}

#[rocket::async_test]
async fn who_comes_back_to_a_session_that_was_tidied_hears_why_it_ended() {
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
        assert_eq!(site.database.number(TOLD).await, 2);
        must_be_told(&mut idle, "idle").await;
        must_be_told(&mut staff, "expired").await;
        assert!(live.is_in().await);
        assert_eq!(site.database.number(TOLD).await, 2, "the gate tells it no second time");
        site.shift_clock(TimeDelta::days(30));
        assert_eq!(tidy(&site).await, Tidied { ended: 1, deleted: 3 });
        must_be_told(&mut purged, "expired").await;
    }
}
