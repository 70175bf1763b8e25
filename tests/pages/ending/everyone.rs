//! The page that forces everyone out, for superusers.

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
/// How long a background update may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn in_an_hour(site: &Site) -> String {
    after(site, TimeDelta::hours(1))
}

fn after(site: &Site, wait: TimeDelta) -> String {
    (site.accounts().store().clock().process_now() + wait).to_rfc3339()
}

#[rocket::async_test]
async fn everyone_is_out_except_the_acting_browser() {
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
        assert!(cookie.has("max-age"), "the cookie must stay persistent");
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
        assert!(!thief.is_logged_in().await, "a copy of the old cookie must be worthless");
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout' AND reason = 'everyone-out'";
        assert_eq!(site.database.number(recorded).await, 1);
        let live = format!("SELECT COUNT(*) FROM curfew_logins WHERE user_id = {} AND remember", owner.id);
        assert_eq!(site.database.number(&live).await, 2, "the old row, and its replacement");
        assert!(owner.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn the_page_of_a_user_shows_that_everyone_was_forced_out() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, ana) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let user = format!("/admin/users/{}", ana.id);
        let page = owner.opens(&user).await;
        assert!(page.body.contains(">never<") && !page.body.contains("Everyone was forced out"), "{page:?}");
        owner.forces_everyone_out().await.must_be(303);
        let page = owner.opens(&user).await;
        assert!(page.body.contains("never for this user only") && page.body.contains("Everyone was forced out"));
        let later = site.person(Role::Member).await;
        let page = owner.opens(&format!("/admin/users/{}", later.id)).await;
        assert!(!page.must_be(200).body.contains("Everyone was forced out"), "the account is newer: {page:?}");
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
            assert!(page.must_be(422).field_error("password").is_some(), "{page:?}");
            assert!(page.body.contains("Typed &lt;b&gt;once"), "{page:?}");
            assert_eq!(page.value_in("at"), Some("2099-12-31T23:59"), "{page:?}");
            assert!(!page.body.contains("not it at all"), "{page:?}");
        }
        assert_eq!(site.database.dump_without_events().await, dump);
        assert!(owner.is_logged_in().await && member.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn forcing_everyone_out_at_a_past_time_ends_earlier_logins_only() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut early = site.signed_in(Role::Member).await;
        let at = site.accounts().store().clock().process_now().to_rfc3339();
        let (mut owner, mut late) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let page = owner.forces_everyone_out_at(&at).await;
        page.must_lead_to(PAGE);
        assert!(owner.opens(PAGE).await.body.contains("because your login is later"));
        assert!(!early.is_logged_in().await && late.is_logged_in().await && owner.is_logged_in().await);
        owner.forces_everyone_out_at("2001-01-01T00:00").await.must_lead_to(PAGE);
        assert!(owner.opens(PAGE).await.body.contains("Nothing changed"));
    }
}

#[rocket::async_test]
async fn a_schedule_for_everyone_is_shown_announced_and_can_be_cancelled() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut member) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let mut stream = member.watches().await.expect("a stream");
        let page = owner.forces_everyone_out_at(&in_an_hour(&site)).await;
        page.must_lead_to(PAGE);
        assert!(owner.session_change(&page).is_some(), "the session continues with a new secret");
        let event = stream.next().await.expect("an event");
        assert_eq!((event.name.as_str(), event.data["reason"].as_str()), ("scheduled", Some(USER_REASON)));
        assert!(event.data["at"].is_string() && !event.data.to_string().contains(STAFF_REASON), "{:?}", event.data);
        assert_eq!(member.opens("/account/profile").await.must_be(200).between("<noscript>", "</noscript>"), None);

        let page = owner.opens(PAGE).await;
        let scheduled = page.between("<strong>Scheduled ", "</form>").expect("what is scheduled").to_owned();
        assert!(scheduled.contains(&format!("by {}", owner.name)) && scheduled.contains(STAFF_REASON), "{page:?}");
        let mut staff = site.signed_in(Role::Staff).await;
        assert!(staff.opens("/admin").await.body.contains("<dt>Scheduled</dt>"));

        owner.posts("/admin/force-logout/cancel", &[]).await.must_lead_to(PAGE);
        let event = stream.next().await.expect("an event");
        assert_eq!((event.name.as_str(), event.data["at"].is_null()), ("scheduled", true));
        assert!(!owner.opens(PAGE).await.body.contains("<strong>Scheduled"));
        owner.posts("/admin/force-logout/cancel", &[]).await.must_lead_to(PAGE);
        assert!(owner.opens(PAGE).await.body.contains("Nothing to cancel: no force logout is scheduled."));

        owner.forces_everyone_out_at(&in_an_hour(&site)).await.must_lead_to(PAGE);
        site.shift_clock(TimeDelta::minutes(61));
        assert_eq!(stream.must_end().await["reason"], "everyone-out");
        for browser in [&mut owner, &mut member] {
            assert!(!browser.is_logged_in().await, "the superuser who scheduled it is out too");
        }
        let mut owner = owner.another_browser();
        owner.logs_in().await.must_be(303);
        assert!(!owner.opens(PAGE).await.body.contains("<strong>Scheduled"));
    }
}

/// With scripts, the event stream notifies and shows a countdown.
#[rocket::async_test]
async fn the_last_minutes_of_a_login_are_announced_without_scripts_too() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut member) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        owner.forces_everyone_out_at(&after(&site, TimeDelta::minutes(4))).await.must_lead_to(PAGE);
        for path in ["/", "/account", "/account/profile"] {
            let page = member.opens(path).await;
            let notice = page.must_be(200).between("<noscript>", "</noscript>").expect("what is notice");
            assert!(notice.contains("Your login ends") && notice.contains("in 4 minutes"), "{notice}");
            assert!(notice.contains(" UTC</time>") && notice.contains(USER_REASON), "{notice}");
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
            assert!(Instant::now() < until, "no node reported it");
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
