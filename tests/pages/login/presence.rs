//! The recent-password check: sensitive actions ask for the password if it was not entered recently.

use std::time::Duration;

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, ForceLogoutMoment, Target},
    domain::{people::role::Role, reason_text::Reasons},
};
use rocket::http::Method;

use crate::harness::{
    page::Page,
    person::{Person, form},
    probes::probes,
    site::{PASSWORD, Plan, Site, engines_and_checks},
    store::{Engine, any_engine},
};

const GRAVE: &str = "/probe/grave";
/// Slightly less than the check's lifetime, to allow for the time the test takes.
const NEARLY: TimeDelta = TimeDelta::seconds(14 * 60);

async fn site_on(engine: Engine) -> Site {
    Plan { probes: probes(), ..Plan::default() }.on(engine).await
}

/// Posts the sensitive action, as a form on this page does.
async fn sends_from(person: &mut Person<'_>, referer: &str) -> Page {
    person.sends(Method::Post, GRAVE, &[("Referer", referer)], Vec::new()).await
}

/// Enters the password on the page that the response leads to.
async fn confirms(person: &mut Person<'_>, page: &Page, password: &str) -> Page {
    let address = page.must_be(303).location().to_owned();
    assert!(address.starts_with("/confirm"), "{page:?}");
    person.opens(&address).await.must_be(200);
    person.posts_with(&person.token.clone(), &address, &[("password", password)]).await
}

#[rocket::async_test]
async fn a_sensitive_action_asks_staff_for_a_recent_password() {
    for engine in any_engine() {
        let site = site_on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        assert_eq!(staff.opens(GRAVE).await.must_be(200).body, staff.name);
        site.shift_clock(NEARLY);
        staff.opens(GRAVE).await.must_be(200);
        site.shift_clock(TimeDelta::seconds(61));
        let address = "/probe/grave?q=a%20b&page=2";
        let page = staff.opens(address).await;
        assert!(page.location().starts_with("/confirm?next=%2Fprobe%2Fgrave"), "{page:?}");
        let asked = staff.opens(page.location()).await;
        assert!(asked.body.contains("in the last 15 minutes"), "{asked:?}");

        let refused = confirms(&mut staff, &page, "not it at all").await;
        assert!(refused.must_be(422).field_error("password").is_some(), "{refused:?}");
        staff.opens(GRAVE).await.must_be(303);
        confirms(&mut staff, &page, PASSWORD).await.must_lead_to(address);
        staff.opens(address).await.must_be(200);
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'password-confirmed'";
        assert_eq!(site.database.number(recorded).await, 1);

        site.shift_clock(NEARLY);
        staff.opens(GRAVE).await.must_be(200);
        site.shift_clock(TimeDelta::seconds(61));
        staff.opens(GRAVE).await.must_be(303);
        let mut elsewhere = staff.another_browser();
        elsewhere.logs_in().await.must_be(303);
        elsewhere.opens(GRAVE).await.must_be(200);
        staff.opens(GRAVE).await.must_be(303); // each browser needs its own check
    }
}

#[rocket::async_test]
async fn a_form_without_a_recent_password_does_nothing_and_leads_back_to_its_page() {
    for engine in any_engine() {
        let site = site_on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let user = format!("/admin/users/{}", staff.id);
        assert_eq!(sends_from(&mut staff, "").await.must_be(200).body, staff.name);
        site.shift_clock(TimeDelta::minutes(15));
        for (page, next) in [
            ("/admin/users?q=a&page=2", "/admin/users?q=a&page=2"),
            (&*format!("{user}/role"), &*user),
            (&*format!("{user}/sessions/aaaaaaaaaaaaaaaa/end?x=1"), &*format!("{user}/sessions")),
            ("/admin/force-logout", "/admin/force-logout"),
            ("/confirm?next=%2Faccount", "/admin"),
        ] {
            let page = sends_from(&mut staff, &format!("http://curfew.test{page}")).await;
            confirms(&mut staff, &page, PASSWORD).await.must_lead_to(next);
            site.shift_clock(TimeDelta::minutes(15));
        }
        for elsewhere in ["", "https://elsewhere.test/admin/users", "http://curfew.test.elsewhere.test/admin/users"] {
            let page = sends_from(&mut staff, elsewhere).await;
            page.must_lead_to("/confirm");
            confirms(&mut staff, &page, PASSWORD).await.must_lead_to("/admin");
            site.shift_clock(TimeDelta::minutes(15));
        }
    }
}

#[rocket::async_test]
async fn a_stolen_session_cannot_cancel_what_ends_it() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        let at = (site.accounts().store().clock().process_now() + TimeDelta::hours(1)).to_rfc3339();
        superuser.forces_everyone_out_at(&at).await.must_be(303);
        site.shift_clock(TimeDelta::minutes(15));
        let page = superuser.posts("/admin/force-logout/cancel", &[]).await;
        assert!(page.must_be(303).location().starts_with("/confirm"), "{page:?}");
        let scheduled = "SELECT COUNT(*) FROM curfew_site WHERE force_logout_scheduled IS NOT NULL";
        assert_eq!(site.database.number(scheduled).await, 1);
        superuser.posts("/confirm", &[("password", PASSWORD)]).await.must_be(303);
        superuser.posts("/admin/force-logout/cancel", &[]).await.must_lead_to("/admin/force-logout");
        assert_eq!(site.database.number(scheduled).await, 0);
    }
}

#[rocket::async_test]
async fn a_download_without_a_recent_password_leads_back_to_its_page() {
    const FILE: &str = "/admin/events.csv?q=ana";
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        site.shift_clock(TimeDelta::minutes(15));
        let link = [("Referer", "http://curfew.test/admin/events?q=ana")];
        let asked = staff.sends(Method::Get, FILE, &link, Vec::new()).await;
        confirms(&mut staff, &asked, PASSWORD).await.must_lead_to("/admin/events?q=ana");
        let page = staff.opens("/admin/events?q=ana").await;
        assert!(page.must_be(200).body.contains("Password confirmed."), "{page:?}");
        staff.sends(Method::Get, FILE, &link, Vec::new()).await.must_be(200);
        site.shift_clock(TimeDelta::minutes(15));
        let asked = staff.opens(FILE).await; // opened from a bookmark
        confirms(&mut staff, &asked, PASSWORD).await.must_lead_to(FILE);
    }
}

#[rocket::async_test]
async fn users_without_permission_are_not_asked_for_the_password() {
    for engine in any_engine() {
        let site = site_on(engine).await;
        let mut member = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::hours(1));
        member.opens(GRAVE).await.must_be(403);
        sends_from(&mut member, "").await.must_be(403);
        site.visitor().opens(GRAVE).await.must_lead_to("/login?next=%2Fprobe%2Fgrave");
        member.opens("/confirm").await.must_be(200);
        let page = member.posts("/confirm", &[("password", PASSWORD)]).await;
        page.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn every_form_with_a_password_counts_as_a_recent_password_and_replaces_the_cookie() {
    for engine in any_engine() {
        let site = site_on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        superuser.another_browser().logs_in().await.must_be(303);
        let (promoted, deleted) = (site.person(Role::Member).await, site.person(Role::Member).await);
        for act in ["confirm", "email", "others", "password", "role", "delete", "everyone", "later everyone"] {
            site.shift_clock(TimeDelta::minutes(20));
            superuser.opens(GRAVE).await.must_be(303);
            let mut stolen = superuser.clone();
            let page = match act {
                "confirm" => {
                    let password = superuser.password.clone();
                    superuser.posts("/confirm", &[("password", &password)]).await
                }
                "later everyone" => {
                    let password = superuser.password.clone();
                    let fields = [("at", "2999-01-01T00:00"), ("password", &password)];
                    superuser.posts("/admin/force-logout", &fields).await
                }
                "email" => superuser.changes_email("other@example.org").await,
                "others" => {
                    let password = superuser.password.clone();
                    superuser.posts("/account/sessions/end-others", &[("password", &password)]).await
                }
                "password" => superuser.changes_password("a lamp at sea").await,
                "role" => superuser.gives_role(&promoted, "staff").await,
                "delete" => superuser.deletes(&deleted).await,
                _ => superuser.forces_everyone_out().await,
            };
            page.must_be(303);
            superuser.opens(GRAVE).await.must_be(200);
            assert!(!stolen.is_logged_in().await, "{act}: a copy of the old cookie must be refused");
        }
    }
}

/// A request that was under way when the password was confirmed arrives with the old cookie. Its response must not
/// remove the new one.
#[rocket::async_test]
async fn a_replaced_cookie_is_no_login_and_is_left_alone() {
    for (engine, check) in engines_and_checks() {
        let mut plan = Plan::default();
        plan.settings.check = check;
        let site = plan.on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut under_way = person.clone();
        person.posts("/confirm", &[("password", PASSWORD)]).await.must_be(303);
        let refused = under_way.opens("/account").await;
        refused.must_lead_to("/login?next=%2Faccount");
        assert!(refused.set_cookies().is_empty(), "{refused:?}");
        assert!(person.is_logged_in().await);
        let told = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'cookie-forged'";
        assert_eq!(site.database.number(told).await, 1, "it may be a stolen copy");
        // Once the session has ended, the old cookie says why.
        let (operator, target) = (Actor::operator("test"), Target::Id(person.id));
        let ended = site.accounts().force_logout(&operator, &target, ForceLogoutMoment::Now, &Reasons::default()).await;
        ended.expect("a force logout");
        let refused = under_way.opens("/account").await;
        assert_eq!(under_way.opens(refused.location()).await.data_reason(), Some("forced-out"));
    }
}

#[rocket::async_test]
async fn a_confirmation_never_leads_off_the_site() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for next in ["https://example.com", "//example.com", r"/\example.com", "javascript:alert(1)", "", "admin"] {
            let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            let page = staff.posts(&format!("/confirm?{query}"), &[("password", PASSWORD)]).await;
            page.must_lead_to("/admin");
        }
        let page = staff.posts("/confirm?next=/admin/users?q=a%26b", &[("password", PASSWORD)]).await;
        page.must_lead_to("/admin/users?q=a&b");
    }
}

#[rocket::async_test]
async fn wrong_passwords_in_the_check_are_throttled() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let victim = site.person(Role::Member).await;
        let role = format!("/admin/users/{}/role", victim.id);
        for turn in 0..10 {
            let wrong = [("role", "staff"), ("at", ""), ("password", "not it at all")];
            let action = ["/confirm", &role, "/admin/force-logout", "/account/delete"][turn % 4];
            staff.posts(action, &wrong).await;
        }
        for action in ["/confirm", &role, "/admin/force-logout"] {
            let page = staff.posts(action, &[("role", "staff"), ("password", PASSWORD)]).await;
            page.must_be(429);
            assert!(page.header("Retry-After").is_some() && page.form_problem().is_some(), "{action}: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn the_lifetime_of_the_password_check_is_a_setting() {
    for engine in any_engine() {
        let mut plan = Plan { probes: probes(), ..Plan::default() };
        plan.settings.proof_of_presence = Duration::from_mins(2);
        let site = plan.on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        staff.opens(GRAVE).await.must_be(200);
        site.shift_clock(TimeDelta::minutes(2));
        let page = staff.opens(GRAVE).await;
        assert!(staff.opens(page.location()).await.body.contains("in the last 2 minutes"), "{page:?}");
    }
}

#[rocket::async_test]
async fn a_login_leads_back_to_the_page_of_a_refused_form() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, other) = (site.signed_in(Role::Superuser).await, site.person(Role::Member).await);
        staff.opens("/account").await.must_be(200);
        let (token, user) = (staff.token.clone(), format!("/admin/users/{}", other.id));
        site.signed_in(Role::Superuser).await.forces_out(&staff).await.must_be(303);
        let referer = format!("http://curfew.test{user}/force-logout");
        let action = format!("{user}/force-logout");
        let page = staff.sends(Method::Post, &action, &[("Referer", &referer)], form(&token, &[])).await;
        page.must_lead_to(&format!("/login?next=%2Fadmin%2Fusers%2F{}", other.id));
    }
}
