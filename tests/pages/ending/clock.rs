//! A clock that moves: what expires, and what a clock that steps back must not undo.

use chrono::TimeDelta;
use curfew::{domain::people::role::Role, store::Clock};

use crate::harness::{journeys::USER_REASON, person::Person, site::Site, store::any_engine};

fn clock(site: &Site) -> &Clock {
    site.accounts().store().clock()
}

/// A time this far after the site's clock, as staff enter it.
fn ahead(site: &Site, by: TimeDelta) -> String {
    (clock(site).process_now() + by).to_rfc3339()
}

async fn end_reason(person: &mut Person<'_>) -> String {
    let page = person.opens("/account").await;
    page.must_lead_to("/login?next=%2Faccount");
    let page = person.opens("/login").await;
    page.data_reason().expect("a reason").to_owned()
}

#[rocket::async_test]
async fn an_idle_session_ends_and_stays_ended() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::days(3) - TimeDelta::minutes(1));
        assert!(person.is_logged_in().await, "a minute is left");
        site.shift_clock(TimeDelta::days(3) - TimeDelta::minutes(1));
        assert!(person.is_logged_in().await, "the last request counted as activity");
        let cookies = person.jar.clone();
        site.shift_clock(TimeDelta::days(3) + TimeDelta::minutes(1));
        assert_eq!(end_reason(&mut person).await, "idle");
        site.shift_clock(TimeDelta::days(-3));
        person.jar = cookies;
        assert!(!person.is_logged_in().await, "the session stays ended when the clock steps back");
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended' AND reason = 'idle'";
        assert_eq!(
            site.database.number(recorded).await,
            1,
            "{:?}",
            site.database.texts("SELECT kind FROM curfew_events").await
        );
    }
}

#[rocket::async_test]
async fn a_session_in_daily_use_reaches_its_lifetime() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.person(Role::Member).await;
        person.logs_in_with(&[("remember", "on")]).await.must_be(303);
        for day in 1..14 {
            site.shift_clock(TimeDelta::days(1));
            assert!(person.is_logged_in().await, "day {day}");
        }
        let cookies = person.jar.clone();
        site.shift_clock(TimeDelta::days(1));
        assert_eq!(end_reason(&mut person).await, "expired");
        site.shift_clock(TimeDelta::days(-2));
        person.jar = cookies;
        assert!(!person.is_logged_in().await, "the session stays ended when the clock steps back");
    }
}

#[rocket::async_test]
async fn staff_have_the_shorter_limits() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for role in [Role::Staff, Role::Superuser] {
            let mut person = site.signed_in(role).await;
            for _ in 0..12 {
                assert!(person.is_logged_in().await);
                site.shift_clock(TimeDelta::minutes(59));
            }
            assert!(person.is_logged_in().await, "not quite twelve hours");
            site.shift_clock(TimeDelta::minutes(13));
            assert_eq!(end_reason(&mut person).await, "expired");
            let mut person = site.signed_in(role).await;
            site.shift_clock(TimeDelta::minutes(61));
            assert_eq!(end_reason(&mut person).await, "idle");
        }
    }
}

#[rocket::async_test]
async fn a_scheduled_force_logout_comes_due_and_a_clock_that_steps_back_does_not_undo_it() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut person = site.signed_in(Role::Member).await;
        staff.forces_out_at(&person, &ahead(&site, TimeDelta::minutes(30))).await.must_be(303);
        assert!(person.is_logged_in().await, "not yet");
        let mut later = person.another_browser();
        site.shift_clock(TimeDelta::minutes(10));
        later.logs_in().await.must_be(303);
        let cookies = [person.jar.clone(), later.jar.clone()];

        site.shift_clock(TimeDelta::minutes(21));
        let page = person.opens("/account").await;
        page.must_be(303);
        let page = person.opens(page.location()).await;
        assert_eq!(page.data_reason(), Some("forced-out"));
        assert!(page.body.contains(USER_REASON), "{page:?}");
        let folded =
            "SELECT COUNT(*) FROM curfew_users WHERE force_logout_date IS NOT NULL AND force_logout_scheduled IS NULL";
        assert_eq!(site.database.number(folded).await, 1);

        site.shift_clock(TimeDelta::minutes(-25));
        for jar in cookies {
            person.jar = jar;
            assert!(!person.is_logged_in().await, "this login was made before it came due");
        }
        person.logs_in().await.must_be(303);
        assert!(person.is_logged_in().await, "a new login must work");
        site.shift_clock(TimeDelta::minutes(40));
        assert!(person.is_logged_in().await, "it must come due only once");
    }
}

#[rocket::async_test]
async fn a_cancelled_force_logout_never_comes_due() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut person = site.signed_in(Role::Member).await;
        staff.forces_out_at(&person, &ahead(&site, TimeDelta::minutes(30))).await.must_be(303);
        let cancel = format!("/admin/users/{}/force-logout/cancel", person.id);
        staff.posts(&cancel, &[]).await.must_lead_to(&format!("/admin/users/{}", person.id));
        site.shift_clock(TimeDelta::minutes(31));
        assert!(person.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_temporary_deactivation_ends_and_revives_no_login() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut person = site.signed_in(Role::Member).await;
        let past = ahead(&site, TimeDelta::minutes(-1));
        assert!(staff.deactivates(&person, &past).await.must_be(422).field_error("deactivate-until").is_some());
        assert!(person.is_logged_in().await);
        staff.deactivates(&person, &ahead(&site, TimeDelta::minutes(30))).await.must_be(303);
        let cookies = person.jar.clone();
        assert_eq!(end_reason(&mut person).await, "deactivated");
        let page = person.logs_in().await;
        assert!(page.must_be(422).body.contains(USER_REASON), "{page:?}");

        site.shift_clock(TimeDelta::minutes(31));
        person.logs_in().await.must_lead_to("/account");
        assert!(person.is_logged_in().await);
        let mut old = person.another_browser();
        old.jar = cookies;
        assert!(!old.is_logged_in().await, "an old login must stay ended");
        site.shift_clock(TimeDelta::minutes(-20));
        assert!(person.is_logged_in().await, "a clock that steps back must not deactivate again");
    }
}

#[rocket::async_test]
async fn an_activation_revives_no_login() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut person = site.signed_in(Role::Member).await;
        staff.deactivates(&person, "").await.must_be(303);
        staff.activates(&person).await.must_be(303);
        assert_eq!(end_reason(&mut person).await, "deactivated");
        person.logs_in().await.must_lead_to("/account");
        assert!(person.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_clock_step_back_revives_no_login_and_locks_nobody_out() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let mut person = site.signed_in(Role::Member).await;
        let out = person.jar.clone();
        staff.forces_out(&person).await.must_be(303);

        site.shift_clock(TimeDelta::days(-1));
        assert!(staff.is_logged_in().await, "a login dated in the future is valid");
        person.jar = out.clone();
        assert!(!person.is_logged_in().await);
        let mut browsers = Vec::new();
        for _ in 0..3 {
            let mut browser = person.another_browser();
            browser.logs_in().await.must_lead_to("/account");
            assert!(browser.is_logged_in().await);
            browsers.push(browser);
        }
        staff.forces_out(&person).await.must_be(303);
        for browser in &mut browsers {
            assert_eq!(end_reason(browser).await, "forced-out");
        }
        person.logs_in().await.must_lead_to("/account");
        assert!(person.is_logged_in().await);
        person.jar = out;
        assert!(!person.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_past_time_ends_only_the_logins_made_before_it() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(20));
        let between = ahead(&site, TimeDelta::minutes(-10));
        let mut later = person.another_browser();
        later.logs_in().await.must_be(303);
        let mut staff = site.signed_in(Role::Staff).await;
        staff.forces_out_at(&person, &between).await.must_be(303);
        assert_eq!(end_reason(&mut person).await, "forced-out");
        assert!(later.is_logged_in().await);
        let earlier = ahead(&site, TimeDelta::minutes(-15));
        let page = staff.forces_out_at(&person, &earlier).await;
        let page = staff.opens(page.must_be(303).location()).await;
        assert!(page.body.contains("Nothing changed"), "{page:?}");
        assert!(later.is_logged_in().await, "the date must not move back");
    }
}
