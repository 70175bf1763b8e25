//! Open pages of staff learn that something has happened, and read it without the user.

use chrono::{DateTime, TimeDelta};
use curfew::domain::people::role::Role;
use rocket::{http::Method, tokio::select};

use crate::harness::{
    site::Site,
    store::{any_engine, engines},
};

const PASSIVE: [(&str, &str); 1] = [("X-Passive", "yes")];

#[rocket::async_test]
async fn a_stream_of_staff_says_that_something_has_happened_and_nothing_else() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut of_staff = staff.watches().await.expect("a stream");
        for _ in 0..2 {
            let friend = site.signed_in(Role::Member).await;
            let news = of_staff.next().await.expect("news");
            assert_eq!(news.name, "news", "{news:?}");
            let fields = news.data.as_object().expect("an object");
            assert_eq!(fields.keys().collect::<Vec<_>>(), ["at"], "{news:?}");
            let at = DateTime::parse_from_rfc3339(fields["at"].as_str().expect("a text")).expect("a time");
            let login =
                format!("SELECT COUNT(*) FROM curfew_events WHERE subject_id = {} AND kind = 'login'", friend.id);
            assert_eq!(site.database.number(&login).await, 1);
            assert!(at.timestamp() > 0);
        }
    }
}

#[rocket::async_test]
async fn a_stream_of_a_member_never_says_that_something_has_happened() {
    let site = Site::on(any_engine()[0]).await;
    let (mut staff, mut member) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Member).await);
    let (mut of_staff, mut of_member) =
        (staff.watches().await.expect("a stream"), member.watches().await.expect("a stream"));
    // Both streams are read all the while.
    let staff_hear_of_two = async {
        for _ in 0..2 {
            site.signed_in(Role::Member).await;
            assert_eq!(of_staff.next().await.expect("news").name, "news");
        }
    };
    select! {
        event = of_member.next() => panic!("{event:?}"),
        () = staff_hear_of_two => {}
    }
    staff.forces_out(&member).await.must_be(303);
    of_member.must_end().await;
}

#[rocket::async_test]
async fn a_page_that_a_script_reads_again_is_no_activity_and_takes_no_notice() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let (mut staff, ana) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Member).await);
        let seen = format!("SELECT CAST(last_seen AS TEXT) FROM curfew_logins WHERE user_id = {}", staff.id);
        let before = site.database.texts(&seen).await;
        staff.forces_out(&ana).await.must_be(303);
        site.shift_clock(TimeDelta::minutes(10));
        let user = format!("/admin/users/{}", ana.id);
        let page = staff.sends(Method::Get, &user, &PASSIVE, Vec::new()).await;
        assert!(!page.must_be(200).body.contains("notice-done"), "{page:?}");
        let page = staff.sends(Method::Get, &user, &PASSIVE, Vec::new()).await;
        page.must_be(200);
        assert_eq!(site.database.texts(&seen).await, before);
        assert!(staff.opens(&user).await.body.contains("notice-done"), "the notice is for the user's next page");
        assert_ne!(site.database.texts(&seen).await, before);

        // The header does not hide members: their pages never reload in the background.
        let mut ana = site.signed_in(Role::Member).await;
        let seen = format!("SELECT CAST(last_seen AS TEXT) FROM curfew_logins WHERE user_id = {}", ana.id);
        let before = site.database.texts(&seen).await;
        site.shift_clock(TimeDelta::minutes(10));
        ana.sends(Method::Get, "/account", &PASSIVE, Vec::new()).await.must_be(200);
        assert_ne!(site.database.texts(&seen).await, before);

        site.shift_clock(TimeDelta::days(40));
        let page = staff.sends(Method::Get, &user, &PASSIVE, Vec::new()).await;
        assert_eq!((page.status, page.location()), (401, ""), "no redirect for a script: {page:?}");
    }
}
