//! The force logout of everyone, as superusers do it on its page.

use std::time::Duration;

use chrono::TimeDelta;
use curfew::domain::people::role::Role;
use rocket::tokio::time::{Instant, sleep};

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    site::{PASSWORD, Plan, Site},
    store::any_engine,
};

const PAGE: &str = "/admin/force-logout";
/// How long what comes by itself may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn in_an_hour(site: &Site) -> String {
    after(site, TimeDelta::hours(1))
}

fn after(site: &Site, wait: TimeDelta) -> String {
    (site.accounts().store().clock().process_now() + wait).to_rfc3339()
}

#[rocket::async_test]
async fn everyone_is_out_but_the_browser_that_it_is_done_from() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.person(Role::Superuser).await;
        let mut phone = owner.another_browser();
        owner.logs_in_with(&[("remember", "on")]).await.must_be(303);
        phone.logs_in().await.must_be(303);
        let (mut member, mut colleague) = (site.signed_in(Role::Member).await, site.signed_in(Role::Superuser).await);
        colleague.program_with_token().await;
        let page = owner.opens(PAGE).await;
        assert!(page.body.contains("Ends 4 live sessions and 1 token."), "{page:?}");
        let mut thief = site.visitor();
        thief.jar = owner.jar.clone();

        let page = owner.forces_everyone_out().await;
        page.must_lead_to(PAGE);
        let cookie = owner.session_change(&page).expect("another session");
        assert!(cookie.has("max-age"), "still remembered");
        let page = owner.opens(PAGE).await;
        assert!(page.must_be(200).body.contains("You stay logged in here, with a new login."), "{page:?}");
        assert!(page.body.contains("Force logout of everyone done: 4 sessions and 1 token ended"), "{page:?}");
        assert!(page.body.contains("Ends 1 live session."), "{page:?}");
        for other in [&mut phone, &mut member, &mut colleague] {
            let page = other.opens("/account").await;
            let page = other.opens(page.must_be(303).location()).await;
            assert_eq!(page.data_reason(), Some("everyone-out"));
            assert!(page.body.contains(USER_REASON) && !page.body.contains(STAFF_REASON), "{page:?}");
            other.logs_in().await.must_be(303);
        }
        assert!(!thief.is_in().await, "the cookie from before is over as well");
        let told = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout' AND reason = 'everyone-out'";
        assert_eq!(site.database.number(told).await, 1);
        let live = format!("SELECT COUNT(*) FROM curfew_logins WHERE user_id = {} AND remember", owner.id);
        assert_eq!(site.database.number(&live).await, 2, "the old one, and the one in its place");
        assert!(owner.is_in().await);
    }
}

#[rocket::async_test]
async fn the_page_of_a_user_tells_of_everyones_force_logout_too() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, ana) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let user = format!("/admin/users/{}", ana.id);
        let page = owner.opens(&user).await;
        assert!(page.body.contains(">never<") && !page.body.contains("Everyone was forced out"), "{page:?}");
        owner.forces_everyone_out().await.must_be(303);
        let page = owner.opens(&user).await;
        assert!(page.body.contains("never for this user alone") && page.body.contains("Everyone was forced out"));
        let later = site.person(Role::Member).await;
        let page = owner.opens(&format!("/admin/users/{}", later.id)).await;
        assert!(!page.must_be(200).body.contains("Everyone was forced out"), "it was before their time: {page:?}");
    }
}

#[rocket::async_test]
async fn a_wrong_password_ends_nobodys_login() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut member) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        owner.opens(PAGE).await.must_be(200);
        let dump = site.database.dump_without_events().await;
        for password in ["", "not it at all"] {
            let fields = [("at", "2099-12-31T23:59"), ("user_reason", "Typed <b>once</b>"), ("password", password)];
            let page = owner.posts(PAGE, &fields).await;
            assert!(page.must_be(422).error_beside("password").is_some(), "{page:?}");
            assert!(page.body.contains("Typed &lt;b&gt;once"), "{page:?}");
            assert_eq!(page.value_in("at"), Some("2099-12-31T23:59"), "{page:?}");
            assert!(!page.body.contains("not it at all"), "{page:?}");
        }
        assert_eq!(site.database.dump_without_events().await, dump);
        assert!(owner.is_in().await && member.is_in().await);
    }
}

#[rocket::async_test]
async fn a_past_moment_ends_the_logins_before_it_only() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut early = site.signed_in(Role::Member).await;
        let at = site.accounts().store().clock().process_now().to_rfc3339();
        let (mut owner, mut late) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let page = owner.forces_everyone_out_at(&at).await;
        page.must_lead_to(PAGE);
        assert_eq!(owner.session_change(&page), None, "their login is later, and goes on as it is");
        assert!(!early.is_in().await && late.is_in().await && owner.is_in().await);
        owner.forces_everyone_out_at("2001-01-01T00:00").await.must_lead_to(PAGE);
        assert!(owner.opens(PAGE).await.body.contains("Nothing changed"));
    }
}

#[rocket::async_test]
async fn what_is_scheduled_for_everyone_is_shown_told_and_called_off() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut member) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let mut stream = member.watches().await.expect("a stream");
        let page = owner.forces_everyone_out_at(&in_an_hour(&site)).await;
        page.must_lead_to(PAGE);
        assert_eq!(owner.session_change(&page), None, "nothing has ended yet");
        let told = stream.next().await.expect("news");
        assert_eq!((told.name.as_str(), told.data["reason"].as_str()), ("scheduled", Some(USER_REASON)));
        assert!(told.data["at"].is_string() && !told.data.to_string().contains(STAFF_REASON), "{:?}", told.data);
        assert_eq!(member.opens("/account/profile").await.must_be(200).between("<noscript>", "</noscript>"), None);

        let page = owner.opens(PAGE).await;
        let scheduled = page.between("<strong>Scheduled ", "</form>").expect("what is scheduled").to_owned();
        assert!(scheduled.contains(&format!("by {}", owner.name)) && scheduled.contains(STAFF_REASON), "{page:?}");
        let mut staff = site.signed_in(Role::Staff).await;
        assert!(staff.opens("/admin").await.body.contains("<dt>Scheduled</dt>"));

        owner.posts("/admin/force-logout/cancel", &[]).await.must_lead_to(PAGE);
        let told = stream.next().await.expect("news");
        assert_eq!((told.name.as_str(), told.data["at"].is_null()), ("scheduled", true));
        assert!(!owner.opens(PAGE).await.body.contains("<strong>Scheduled"));
        owner.posts("/admin/force-logout/cancel", &[]).await.must_lead_to(PAGE);
        assert!(owner.opens(PAGE).await.body.contains("Nothing was scheduled any more."));

        owner.forces_everyone_out_at(&in_an_hour(&site)).await.must_lead_to(PAGE);
        site.shift_clock(TimeDelta::minutes(61));
        assert_eq!(stream.must_end().await["reason"], "everyone-out");
        for browser in [&mut owner, &mut member] {
            assert!(!browser.is_in().await, "the one of who planned it, too");
        }
        let mut owner = owner.another_browser();
        owner.logs_in().await.must_be(303);
        assert!(!owner.opens(PAGE).await.body.contains("<strong>Scheduled"));
    }
}

/// With scripts the stream tells them, and counts down.
#[rocket::async_test]
async fn in_its_last_minutes_a_login_is_told_of_its_end_without_scripts_too() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut member) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        owner.forces_everyone_out_at(&after(&site, TimeDelta::minutes(4))).await.must_lead_to(PAGE);
        for path in ["/", "/account", "/account/profile"] {
            let page = member.opens(path).await;
            let told = page.must_be(200).between("<noscript>", "</noscript>").expect("what is told");
            assert!(told.contains("Your login ends") && told.contains("in 4 minutes"), "{told}");
            assert!(told.contains(" UTC</time>") && told.contains(USER_REASON), "{told}");
        }
    }
}

#[rocket::async_test]
async fn the_nodes_report_that_everyone_is_out() {
    for engine in any_engine() {
        let site = Plan { keeps_itself: true, ..Plan::default() }.on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        let until = Instant::now() + PATIENCE;
        assert_eq!(owner.opens("/admin/force-logout/receipt").await.must_be(200).body.trim(), "");
        owner.forces_everyone_out().await.must_be(303);
        while !owner.opens("/admin/force-logout/receipt").await.must_be(200).body.contains("data-complete") {
            assert!(Instant::now() < until, "nothing is reported");
            sleep(Duration::from_millis(10)).await;
        }
        let page = owner.opens(PAGE).await;
        assert!(page.body.contains("Applied by 1 of 1 node, after "), "{page:?}");
        let address = page.between("data-receipt=\"", "\"").map(|address| address.replace("&#x2F;", "/"));
        assert_eq!(address.as_deref(), Some("/admin/force-logout/receipt"));
    }
}

#[rocket::async_test]
async fn hostile_reasons_are_shown_as_text() {
    let hostile = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7 * 7 }}";
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        for at in ["2099-01-01T00:00", ""] {
            let fields = [("at", at), ("staff_reason", hostile), ("user_reason", hostile), ("password", PASSWORD)];
            owner.posts(PAGE, &fields).await.must_be(303);
            for path in [PAGE, "/admin"] {
                let page = owner.opens(path).await;
                assert!(page.body.contains("&lt;script&gt;") && page.body.contains("{{ 7 * 7 }}"), "{page:?}");
                assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"), "{page:?}");
            }
        }
    }
}
