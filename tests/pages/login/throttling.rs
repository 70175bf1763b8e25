//! How often someone may try to log in, and who is throttled.

use curfew::domain::people::role::Role;

use crate::harness::{
    page::Page,
    person::Person,
    site::{Plan, Site},
    store::any_engine,
};

/// Failures allowed before the next attempt is throttled; the default setting.
const LIMIT: usize = 10;

#[track_caller]
fn must_wait(page: &Page) {
    page.must_be(429);
    let wait: u64 = page.header("Retry-After").and_then(|wait| wait.parse().ok()).expect("seconds to wait");
    assert!((1..=900).contains(&wait), "{wait}");
    assert!(page.form_problem().is_some_and(|problem| problem.contains("Too many attempts")), "{page:?}");
}

async fn fails_to_log_in(person: &mut Person<'_>, name: &str) -> Page {
    person.logs_in_with(&[("username", name), ("password", "not the password")]).await
}

#[rocket::async_test]
async fn wrong_passwords_are_throttled_without_throttling_others() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (victim, mut other) = (site.person(Role::Member).await, site.person(Role::Member).await);
        let mut attacker = site.visitor();
        for turn in 0..LIMIT {
            let name = if turn % 2 == 0 { victim.name.clone() } else { victim.name.to_uppercase() };
            fails_to_log_in(&mut attacker, &name).await.must_be(422);
        }
        must_wait(&fails_to_log_in(&mut attacker, &victim.name).await);
        let right = [("username", &*victim.name), ("password", &*victim.password)];
        must_wait(&attacker.logs_in_with(&right).await);

        victim.clone().logs_in().await.must_lead_to("/account"); // from their own address
        other.address = attacker.address;
        other.logs_in().await.must_lead_to("/account");
        let throttled = site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'throttled'").await;
        assert_eq!(throttled, 1, "one event per wait, not per attempt");
    }
}

#[rocket::async_test]
async fn an_unknown_username_is_throttled_like_a_known_one() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut attacker = site.visitor();
        for _ in 0..LIMIT {
            fails_to_log_in(&mut attacker, "nobody").await.must_be(422);
        }
        must_wait(&fails_to_log_in(&mut attacker, "nobody").await);
        fails_to_log_in(&mut attacker, "somebody-else").await.must_be(422);
    }
}

#[rocket::async_test]
async fn correct_passwords_count_less_than_wrong_ones() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        for _ in 0..30 {
            person.another_browser().logs_in().await.must_lead_to("/account");
        }
        let mut forgetful = person.another_browser();
        for _ in 1..LIMIT {
            fails_to_log_in(&mut forgetful, &person.name).await.must_be(422);
        }
        person.another_browser().logs_in().await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn an_empty_username_throttles_nobody() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.person(Role::Member).await;
        for name in ["", " ", "\0"].into_iter().cycle().take(120) {
            let page = fails_to_log_in(&mut person, name).await;
            assert_eq!(page.status, 422, "{page:?}");
        }
        person.logs_in().await.must_lead_to("/account");
        site.person(Role::Member).await.logs_in().await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_spoofed_forwarded_header_does_not_change_the_address() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let victim = site.person(Role::Member).await;
        let mut attacker = site.visitor();
        for turn in 0..=LIMIT {
            attacker.opens("/login").await;
            let fields = [("username", &*victim.name), ("password", "not the password")];
            let body = crate::harness::person::form(&attacker.token, &fields);
            let forwarded = format!("192.0.2.{turn}");
            let page =
                attacker.sends(rocket::http::Method::Post, "/login", &[("X-Forwarded-For", &forwarded)], body).await;
            assert_eq!(page.status, if turn < LIMIT { 422 } else { 429 }, "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn registrations_from_one_address_are_throttled() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let address = site.visitor().address;
        // An address may fail ten times as often as one account from it.
        let mut made = 0;
        loop {
            let mut person = site.visitor();
            person.address = address;
            let page = person.registers().await;
            if page.status == 429 {
                must_wait(&page);
                break;
            }
            page.must_lead_to("/account");
            made += 1;
            assert!(made <= 10 * LIMIT, "it is never throttled");
        }
        assert!(made >= LIMIT, "a household must not be throttled: {made}");
        site.visitor().registers().await.must_lead_to("/account");
        let (people, known) = ("SELECT COUNT(*) FROM curfew_users", i64::try_from(made + 1).expect("few"));
        assert_eq!(site.database.number(people).await, known);
    }
}

/// From so many networks that none of them is throttled itself. Refused names cost the site nothing, and do not count.
#[rocket::async_test]
async fn registrations_of_the_whole_site_are_throttled() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.throttle_login = "1 per 15 minutes".parse().expect("a rate");
        let site = plan.on(engine).await;
        let taken = site.person(Role::Member).await;
        for _ in 0..10 {
            site.visitor().registers_as("admin", "ana@example.org", &taken.password).await.must_be(422);
            site.visitor().registers_as(&taken.name, "ana@example.org", &taken.password).await.must_be(422);
        }
        for _ in 0..100 {
            site.visitor().registers().await.must_lead_to("/account");
        }
        must_wait(&site.visitor().registers().await);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users").await, 1 + 100);
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'throttled' AND detail LIKE 'registration%'";
        assert_eq!(site.database.number(recorded).await, 1);
    }
}

#[rocket::async_test]
async fn wrong_setup_codes_are_throttled() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let code = site.accounts().renew_setup_code().await.expect("an answer").expect("no superuser yet");
        let mut attacker = site.visitor();
        for _ in 0..LIMIT {
            let page = attacker.sets_up("abcd-efgh").await;
            assert!(page.must_be(422).field_error("setup_code").is_some(), "{page:?}");
        }
        must_wait(&attacker.sets_up("abcd-efgh").await);
        must_wait(&attacker.sets_up(&code).await);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users").await, 0);
        site.visitor().sets_up(&code).await.must_lead_to("/admin");
    }
}

#[rocket::async_test]
async fn wrong_passwords_on_forms_are_throttled_together() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let right = std::mem::replace(&mut person.password, "not the password".to_owned());
        for turn in 0..LIMIT {
            let page = if turn % 2 == 0 {
                person.changes_email("new@example.org").await
            } else {
                person.changes_password("another lamp of mine").await
            };
            page.must_be(422);
        }
        must_wait(&person.changes_email("new@example.org").await);
        person.password = right;
        must_wait(&person.changes_password("another lamp of mine").await);
        assert!(person.is_logged_in().await, "the session itself must not end");
    }
}
