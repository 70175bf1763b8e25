//! The event stream of an open page: it notifies at once when its login ends or is scheduled to end.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use curfew::domain::people::role::Role;
use rocket::tokio::time::sleep;

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    person::Person,
    proxy::Proxy,
    site::{Plan, Site},
    store::{Database, Engine, engines},
};

#[rocket::async_test]
async fn a_visitor_has_no_stream() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut visitor = site.visitor();
        let page = visitor.watches().await.err().expect("no stream");
        assert_eq!(page.must_be(401).set_cookies(), []);
        assert_eq!(page.header("WWW-Authenticate"), Some("Cookie"));
        assert_eq!(page.location(), "");
        visitor.jar.set("curfew", "forged");
        assert_eq!(visitor.watches().await.err().expect("no stream").status, 401);
    }
}

#[rocket::async_test]
async fn an_open_page_learns_at_once_why_its_login_ended() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let (mut person, mut other) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        let mut stream = person.watches().await.expect("a stream");
        let mut of_other = other.watches().await.expect("a stream");
        staff.forces_out(&person).await.must_be(303);
        let ended = stream.must_end().await;
        assert_eq!(ended["reason"], "forced-out");
        assert_eq!(ended["user_reason"], USER_REASON);
        assert_eq!(ended["next"], "/account");
        assert!(!ended.to_string().contains(STAFF_REASON), "{ended}");
        let page = person.opens("/account").await;
        page.must_lead_to("/login?next=%2Faccount");
        assert_eq!(person.opens(page.location()).await.data_reason(), Some("forced-out"));
        staff.forces_out(&other).await.must_be(303);
        assert_eq!(of_other.must_end().await["reason"], "forced-out", "only its own login's end");
    }
}

/// Whoever copied the cookie must not go on listening.
#[rocket::async_test]
async fn a_stream_of_a_copied_cookie_ends_when_the_owner_enters_the_password() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut thief = person.clone();
        let mut of_thief = thief.watches().await.expect("a stream");
        let password = person.password.clone();
        person.opens("/confirm").await.must_be(200);
        person.posts("/confirm", &[("password", &password)]).await.must_be(303);
        assert!(of_thief.next().await.is_none(), "it ends, and says nothing of the login, which is live");
        assert_eq!(thief.watches().await.err().expect("no stream").status, 401);
        person.watches().await.expect("a stream with the new cookie");
    }
}

#[rocket::async_test]
async fn a_stream_sends_heartbeats_and_a_random_retry_time() {
    let site = Site::on(Engine::Sqlite).await;
    let mut person = site.signed_in(Role::Member).await;
    let mut stream = person.watches().await.expect("a stream");
    let mut waits = BTreeSet::new();
    for _ in 0..8 {
        let again = person.watches().await.expect("a stream");
        waits.insert(again.retry_ms().expect("a time to wait"));
    }
    assert!(waits.len() > 1, "all would reconnect at the same time: {waits:?}");
    assert!(waits.iter().all(|wait| (1_000..30_000).contains(wait)), "{waits:?}");
    stream.must_send_heartbeat().await;
}

#[rocket::async_test]
async fn a_stream_of_an_ended_login_says_why_and_ends() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let mut person = site.signed_in(Role::Member).await;
        staff.forces_out(&person).await.must_be(303);
        let mut stream = person.watches().await.expect("a stream");
        assert_eq!(stream.must_end().await["reason"], "forced-out");
        assert_eq!(person.session(), None, "its cookie is cleared");
        assert_eq!(person.opens("/login").await.data_reason(), Some("forced-out"));
        assert_eq!(person.watches().await.err().expect("no stream").status, 401);
    }
}

#[rocket::async_test]
async fn a_schedule_is_sent_when_it_changes_and_when_it_comes_due() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut stream = person.watches().await.expect("a stream");
        let at = (site.accounts().store().clock().process_now() + TimeDelta::hours(1)).to_rfc3339();
        staff.forces_out_at(&person, &at).await.must_be(303);
        let event = stream.next().await.expect("an event");
        assert_eq!((event.name.as_str(), event.data["reason"].as_str()), ("scheduled", Some(USER_REASON)));
        let cancel = format!("/admin/users/{}/force-logout/cancel", person.id);
        staff.posts(&cancel, &[]).await.must_be(303);
        let event = stream.next().await.expect("an event");
        assert_eq!((event.name.as_str(), event.data["at"].is_null()), ("scheduled", true));
        staff.forces_out_at(&person, &at).await.must_be(303);
        assert_eq!(stream.next().await.expect("an event").name, "scheduled");
        let mut late = person.another_browser();
        late.logs_in().await.must_be(303);
        assert_eq!(late.watches().await.expect("a stream").next().await.expect("an event").name, "scheduled");
        site.shift_clock(TimeDelta::minutes(61));
        assert_eq!(stream.must_end().await["reason"], "forced-out");
    }
}

#[rocket::async_test]
async fn an_open_stream_does_not_count_as_activity() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut stream = person.watches().await.expect("a stream");
        for _ in 0..2 {
            site.shift_clock(TimeDelta::hours(30));
            person.watches().await.expect("a stream");
        }
        site.shift_clock(TimeDelta::hours(13));
        assert_eq!(stream.must_end().await["reason"], "idle");
    }
}

/// Two nodes with one database and the same keys.
#[rocket::async_test]
async fn a_stream_ends_on_any_node() {
    for engine in engines() {
        let (plan, other) = (Plan::default(), Plan::default());
        let keys = plan.keys.clone();
        let site = plan.on(engine).await;
        let node = Plan { keys, ..other }.over(site.database.second_handle()).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let person = site.signed_in(Role::Member).await;
        let mut there = Person::new(&node, &person.name, person.address);
        there.jar = person.jar.clone();
        let mut stream = there.watches().await.expect("a stream");
        staff.forces_out(&person).await.must_be(303);
        assert_eq!(stream.must_end().await["reason"], "forced-out");
        assert!(!there.is_logged_in().await);
    }
}

/// A database that does not answer must not tell anyone that their login ended. What happened meanwhile is sent when it
/// answers again.
#[rocket::async_test]
async fn a_change_during_an_outage_is_sent_afterwards() {
    for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let mut database = Database::new(engine).await;
        let direct = database.second_handle();
        let wire = Proxy::before(&mut database.url).await;
        let site = Plan::default().over(database).await;
        let (mut person, mut other) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        let mut stream = person.watches().await.expect("a stream");
        let mut of_other = other.watches().await.expect("a stream");
        wire.falls_silent();
        direct.execute(&format!("UPDATE curfew_users SET is_active = FALSE WHERE id = {}", person.id)).await;
        // Long enough for the feed to give up and to reconnect in vain.
        sleep(Duration::from_secs(5)).await;
        wire.speaks_again();
        assert_eq!(stream.must_end().await["reason"], "deactivated");
        assert!(other.is_logged_in().await);
        direct.execute(&format!("UPDATE curfew_users SET is_active = FALSE WHERE id = {}", other.id)).await;
        assert_eq!(of_other.must_end().await["reason"], "deactivated", "the feed must be alive again");
    }
}

/// A change by SQL, on a connection of its own.
#[rocket::async_test]
async fn a_change_by_sql_is_sent_too() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for (sql, reason) in [
            ("UPDATE curfew_users SET is_active = FALSE WHERE id = ID", "deactivated"),
            ("UPDATE curfew_users SET force_logout_date = last_login WHERE id = ID", "forced-out"),
            ("UPDATE curfew_logins SET ended_at = login_date WHERE user_id = ID", "forced-out"),
            ("DELETE FROM curfew_logins WHERE user_id = ID", "expired"),
            ("DELETE FROM curfew_users WHERE id = ID", "deleted"),
            ("UPDATE curfew_site SET force_logout_date = (SELECT MAX(last_login) FROM curfew_users)", "everyone-out"),
        ] {
            let mut person = site.signed_in(Role::Member).await;
            let mut stream = person.watches().await.expect("a stream");
            site.database.execute(&sql.replace("ID", &person.id.to_string())).await;
            assert_eq!(stream.must_end().await["reason"], reason, "{sql}");
        }
    }
}
