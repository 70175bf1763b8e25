//! The preview of a force logout, for the time entered.

use chrono::TimeDelta;
use curfew::domain::people::role::Role;

use crate::harness::{person::Person, site::Site, store::any_engine};

/// A time before or after now, as a form sends it.
fn moment(site: &Site, minutes: i64) -> String {
    let at = site.accounts().store().clock().process_now() + TimeDelta::minutes(minutes);
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The preview that the page shows for this time.
async fn effect(staff: &mut Person<'_>, of: &str, at: &str) -> String {
    let page = staff.opens(&format!("{of}/effect?at={at}")).await;
    page.must_be(200).between("\">", "<noscript>").expect("an effect").replace("<strong>", "").replace("</strong>", "")
}

#[rocket::async_test]
async fn the_preview_of_a_force_logout_follows_the_time_and_matches_the_outcome() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let person = site.signed_in(Role::Member).await;
        person.program_with_jwt().await;
        site.shift_clock(TimeDelta::minutes(60));
        staff.logs_in().await.must_be(303);
        person.another_browser().logs_in().await.must_be(303);
        let address = format!("/admin/users/{}/force-logout", person.id);
        let an_hour_ago = moment(&site, -30);
        for (at, said) in [
            ("", "Ends 2 sessions and 1 token."),
            (&*an_hour_ago, "Ends 1 session and 1 token."),
            (&moment(&site, -180), "No live logins to end."),
            ("soon", "Enter a date and time to see what ends."),
        ] {
            assert_eq!(effect(&mut staff, &address, at).await, said, "{at}");
        }
        let scheduled = effect(&mut staff, &address, &moment(&site, 60)).await;
        assert!(scheduled.starts_with("Ends nothing now. At "), "{scheduled}");
        assert!(scheduled.ends_with("Currently there are 2 sessions and 1 token."), "{scheduled}");

        // A rejected form shows the preview for the time it contains.
        let long = "x".repeat(501);
        let refused = staff.posts(&address, &[("at", &an_hour_ago), ("staff_reason", &long)]).await;
        assert!(refused.must_be(422).body.contains("Ends 1 session and 1 token"), "{refused:?}");

        staff.posts(&address, &[("at", &an_hour_ago)]).await.must_be(303);
        let page = staff.opens(&format!("/admin/users/{}", person.id)).await;
        assert!(page.body.contains("Force logout done: 1 session and 1 token ended."), "{page:?}");
        let unchanged = effect(&mut staff, &address, &moment(&site, -45)).await;
        assert!(unchanged.starts_with("Changes nothing: all logins up to "), "{unchanged}");
        assert_eq!(effect(&mut staff, &address, "").await, "Ends 1 session.");
    }
}

#[rocket::async_test]
async fn the_preview_of_forcing_everyone_out_follows_the_time() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        site.signed_in(Role::Member).await.program_with_token().await;
        site.shift_clock(TimeDelta::minutes(45));
        owner.another_browser().logs_in().await.must_be(303);
        let address = "/admin/force-logout";
        for (at, said) in [
            (String::new(), "Ends 3 live sessions and 1 token."),
            (moment(&site, -30), "Ends 2 live sessions and 1 token."),
            (moment(&site, -180), "Ends 0 live sessions."),
        ] {
            let shown = effect(&mut owner, address, &at).await;
            assert!(shown.starts_with(said), "{at}: {shown}");
        }
        let scheduled = effect(&mut owner, address, &moment(&site, 60)).await;
        assert!(
            scheduled.ends_with("including yours. Currently there are 3 live sessions and 1 token."),
            "{scheduled}"
        );
        let an_hour_ago = moment(&site, -30);
        let fields = [("at", &*an_hour_ago), ("password", "not the password")];
        let refused = owner.posts(address, &fields).await;
        assert!(refused.must_be(422).body.contains("Ends 2 live sessions and 1 token"), "{refused:?}");
    }
}

#[rocket::async_test]
async fn staff_on_their_own_page_see_that_their_own_login_ends() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        let address = format!("/admin/users/{}/force-logout", owner.id);
        let now = effect(&mut owner, &address, "").await;
        assert_eq!(now, "Ends 1 session, which is yours. You will be logged out.");
        assert_eq!(effect(&mut owner, &address, &moment(&site, -60)).await, "No live logins to end.");
        let later = effect(&mut owner, &address, &moment(&site, 60)).await;
        assert!(
            later.ends_with("it ends all logins up to then, including yours. Currently there is 1 session."),
            "{later}"
        );
    }
}
