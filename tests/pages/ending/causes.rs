//! Every cause that ends a login × every way a browser uses it: refused at once, the cookie cleared, the right reason
//! shown once, the event recorded.

use std::time::Duration;

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, ForceLogoutMoment, RoleChange, Target},
    domain::{
        people::{
            password::{NewPassword, OwnNames},
            role::Role,
        },
        reason_text::{ReasonText, Reasons},
    },
    settings::{Check, SecretKeys, SecretMaterial},
};
use rocket::http::Method;

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    page::Page,
    person::{Person, form},
    probes::probes,
    site::{PASSWORD, Plan, Site, engines_and_checks},
    store::{Engine, engines},
};

/// A cause: its code, the kind of its one event, and whether the user's reason is shown.
const CAUSES: [(&str, &str, bool); 12] = [
    ("forced-out", "force-logout", true),
    ("everyone-out", "force-logout", true),
    ("deactivated", "deactivated", true),
    ("password-changed", "password-changed", false),
    ("logged-in-elsewhere", "login", false),
    ("ended-by-user", "session-ended", false),
    ("logged-out", "logout", false),
    ("idle", "session-ended", false),
    ("expired", "session-ended", false),
    ("role-changed", "role-changed", false),
    ("deleted", "deleted", false),
    ("not-me", "not-me", false),
];

/// How a browser uses a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Page,
    Form,
    Stream,
}

#[rocket::async_test]
async fn every_cause_ends_a_login_for_every_use_at_once() {
    for (engine, mode) in engines_and_checks() {
        for cause in CAUSES {
            let site = site_for(cause.0, engine, mode).await;
            for used in [Use::Page, Use::Form, Use::Stream] {
                check(&site, cause, used).await;
            }
        }
    }
}

/// One live session per user, and a lifetime that ends before the idle timeout if that is the cause.
async fn site_for(code: &str, engine: Engine, mode: Check) -> Site {
    let mut plan = Plan::default();
    plan.settings.check = mode;
    if code == "logged-in-elsewhere" {
        plan.settings.max_sessions = std::num::NonZeroU32::new(1);
    }
    if code == "expired" {
        plan.settings.session_lifetime = Duration::from_hours(48);
        plan.settings.session_idle = Duration::from_hours(72);
    }
    plan.on(engine).await
}

async fn check(site: &Site, (code, kind, has_reason): (&str, &str, bool), used: Use) {
    let what = format!("{code}, {used:?}");
    let role = if code == "role-changed" { Role::Staff } else { Role::Member };
    let mut person = site.signed_in(role).await;
    person.opens("/account").await.must_be(200);
    let (token, cookie) = (person.token.clone(), person.session().expect("a session").to_owned());
    let mut stream = match used {
        Use::Stream => Some(person.watches().await.expect("a stream")),
        _ => None,
    };
    let events = format!("SELECT COUNT(*) FROM curfew_events WHERE kind = '{kind}' AND reason = '{code}'");
    let before = site.database.number(&events).await;

    end(site, code, &person).await;

    if let Some(stream) = &mut stream {
        let ended = stream.must_end().await;
        assert_eq!(ended["reason"], code, "{what}: {ended}");
        assert_eq!(ended["user_reason"].as_str(), has_reason.then_some(USER_REASON), "{what}: {ended}");
        must_hide_the_staff_reason(&ended.to_string(), &what);
    }
    let page = match used {
        Use::Form => {
            let fields = [("email", "late@example.org"), ("password", PASSWORD)];
            person.sends(Method::Post, "/account/profile", &[], form(&token, &fields)).await
        }
        Use::Page | Use::Stream => person.opens("/account").await,
    };
    assert_eq!(page.status, 303, "{what}: {page:?}");
    assert!(page.location().starts_with("/login"), "{what}: {page:?}");
    assert!(person.session_change(&page).is_some_and(|cookie| cookie.removes()), "{what}: {page:?}");
    assert_eq!(person.session(), None, "{what}");
    let telling = person.opens(page.location()).await;
    assert_eq!(telling.data_reason(), Some(code), "{what}: {telling:?}");
    assert_eq!(telling.body.contains(USER_REASON), has_reason, "{what}: {telling:?}");
    must_hide_the_staff_reason(&telling.body, &what);
    assert_eq!(person.opens("/login").await.data_reason(), None, "{what}: shown only once");
    assert_eq!(site.database.number(&events).await, before + 1, "{what}: one event");
    let stored = "SELECT COUNT(*) FROM curfew_users WHERE email = 'late@example.org'";
    assert_eq!(site.database.number(stored).await, 0, "{what}: the form must change nothing");

    // A copy of the cookie is worthless.
    person.jar.set("curfew", &cookie);
    let page: Page = person.opens("/account").await;
    assert_eq!(page.status, 303, "{what}: {page:?}");
}

/// The guard lets the request pass before the login ends. Whatever the response writes, the session stays ended and its
/// cookie worthless.
#[rocket::async_test]
async fn a_request_in_flight_never_revives_its_session() {
    for engine in engines() {
        let before = SecretMaterial::generate();
        let mut plan = Plan { probes: probes(), ..Plan::default() };
        plan.keys.previous.push(before.clone());
        let old = Plan { keys: SecretKeys { current: before, previous: Vec::new() }, ..Plan::default() };
        let site = old.on(engine).await;
        let (jar, id, address) = {
            let person = site.signed_in(Role::Member).await;
            (person.jar.clone(), person.id, person.address)
        };
        // The same site with a new key, so it writes every cookie again that it reads.
        let site = plan.over(site.stop()).await;
        let mut held = Person::new(&site, "held", address);
        held.jar = jar.clone();
        site.shift_clock(TimeDelta::minutes(2)); // and the request counts as activity
        let (page, ()) = rocket::tokio::join!(held.opens("/probe/hold"), async {
            site.held().meet().await;
            let (operator, target) = (Actor::operator("test"), Target::Id(id));
            let done = site.accounts().force_logout(&operator, &target, ForceLogoutMoment::Now, &reasons()).await;
            done.expect("a force logout");
            site.held().meet().await;
        });
        page.must_be(200);
        assert!(
            held.session_change(&page).is_some_and(|cookie| !cookie.removes()),
            "it must be written again: {page:?}"
        );
        let live = format!("SELECT COUNT(*) FROM curfew_logins WHERE user_id = {id} AND ended_at IS NULL");
        assert_eq!(site.database.number(&live).await, 0);
        for jar in [held.jar.clone(), jar] {
            held.jar = jar;
            let page = held.opens("/account").await;
            page.must_lead_to("/login?next=%2Faccount");
            assert_eq!(held.opens(page.location()).await.data_reason(), Some("forced-out"));
        }
        assert_eq!(site.database.number(&live).await, 0);
    }
}

fn must_hide_the_staff_reason(text: &str, what: &str) {
    assert!(!text.contains(STAFF_REASON) && !text.contains("4711"), "{what}: {text}");
}

/// Ends a person's login for this reason.
async fn end(site: &Site, code: &str, person: &Person<'_>) {
    let (accounts, operator, target) = (site.accounts(), Actor::operator("test"), Target::Id(person.id));
    let (now, why) = (ForceLogoutMoment::Now, reasons());
    match code {
        "forced-out" => {
            accounts.force_logout(&operator, &target, now, &why).await.expect("a force logout");
        }
        "everyone-out" => {
            accounts.force_everyone_out(&operator, now, &why).await.expect("a force logout");
        }
        "deactivated" => {
            assert_eq!(accounts.deactivate(&operator, &target, None, &why).await.expect("a deactivation"), 1.into());
        }
        "password-changed" => {
            let names = OwnNames { username: &person.name, email: &person.email, site_name: "" };
            let new = NewPassword::parse("a lamp at sea".to_owned(), names, 8).expect("a password");
            assert_eq!(accounts.set_password(&operator, &target, &new).await.expect("a new password"), 1.into());
        }
        "logged-in-elsewhere" => {
            person.another_browser().logs_in().await.must_lead_to("/account");
        }
        "ended-by-user" => {
            let mut other = person.another_browser();
            other.logs_in().await.must_lead_to("/account");
            let fields = [("password", person.password.as_str())];
            other.opens("/account/sessions").await.must_be(200);
            let token = other.token.clone();
            other.posts_with(&token, "/account/sessions/end-others", &fields).await.must_be(303);
        }
        // In another tab of the same browser.
        "logged-out" => {
            person.clone().logs_out().await.must_be(303);
        }
        "idle" => site.shift_clock(TimeDelta::days(3)),
        "expired" => site.shift_clock(TimeDelta::days(2)),
        "role-changed" => {
            let change = accounts.set_role(&operator, &target, Role::Member).await.expect("a role change");
            assert!(matches!(change, RoleChange::Lowered(_)), "{change:?}");
        }
        "deleted" => drop(accounts.delete_user(&operator, &target, &why).await.expect("a deletion")),
        "not-me" => site.takes_back(person.id, &person.email).await,
        other => panic!("nothing ends a login for {other}"),
    }
}

fn reasons() -> Reasons {
    let reason = |text| ReasonText::parse(text).expect("a reason");
    Reasons { for_staff: reason(STAFF_REASON), for_user: reason(USER_REASON) }
}
