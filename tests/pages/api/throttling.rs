//! Failed attempts at the API and on the login page share one counter.

use curfew::domain::people::role::Role;
use serde_json::json;

use crate::harness::{
    journeys::USER_REASON,
    person::Person,
    program::{Answer, Credential, Program},
    site::{PASSWORD, Site},
    store::any_engine,
};

/// Failures allowed before the next attempt is throttled; the default setting.
const LIMIT: usize = 10;

#[track_caller]
fn must_wait(answer: &Answer) {
    answer.must_be_refused(429, "too_many_requests");
    let wait: u64 = answer.header("Retry-After").and_then(|wait| wait.parse().ok()).expect("seconds to wait");
    assert!((1..=901).contains(&wait), "{wait}");
}

fn guessing<'s>(victim: &Person<'s>, site: &'s Site) -> (Person<'s>, Program<'s>) {
    let mut attacker = site.visitor();
    victim.name.clone_into(&mut attacker.name);
    "not the password".clone_into(&mut attacker.password);
    let program = attacker.program();
    (attacker, program)
}

#[rocket::async_test]
async fn the_login_page_and_both_api_logins_share_one_counter() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let victim = site.person(Role::Member).await;
        let (mut attacker, mut program) = guessing(&victim, &site);
        for turn in 0..LIMIT {
            match turn % 3 {
                0 => drop(attacker.logs_in().await.must_be(422)),
                1 => drop(program.logs_in_for_jwt().await.must_be_refused(401, "bad_credentials")),
                _ => drop(program.logs_in_for_token().await.must_be_refused(401, "bad_credentials")),
            }
        }
        must_wait(&program.logs_in_for_jwt().await);
        must_wait(&program.logs_in_for_token().await);
        attacker.logs_in().await.must_be(429);
        let mut right = program.clone();
        PASSWORD.clone_into(&mut right.password);
        must_wait(&right.logs_in_for_jwt().await);
        // The answer must not reveal that the email belongs to the username. The password is not compared.
        right.name = victim.email.to_uppercase();
        right.logs_in_for_token().await.must_be_refused(401, "bad_credentials");

        // The account is not throttled from its own address, nor another account from the attacker's.
        assert!(victim.program_with_token().await.is_logged_in().await);
        let mut other = site.person(Role::Member).await.program();
        other.address = attacker.address;
        other.logs_in_for_jwt().await.must_be(200);
        let recorded = site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'throttled'").await;
        assert_eq!(recorded, 1, "one event per wait, not per attempt");
        let failed = site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'login-failed'").await;
        assert_eq!(failed, 11, "one event per failure");
    }
}

#[rocket::async_test]
async fn correct_passwords_count_less_than_wrong_ones() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        for _ in 0..LIMIT + 2 {
            person.program_with_jwt().await;
            person.program_with_token().await;
        }
    }
}

#[rocket::async_test]
async fn invalid_tokens_throttle_nobody() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let mut program = person.program_with_token().await;
        for _ in 0..120 {
            program.shows("Token curfew_x").await.must_be(401);
            program.refreshes_with("x").await.must_be(401);
        }
        assert!(program.is_logged_in().await);
        program.logs_in_for_jwt().await.must_be(200);
    }
}

#[rocket::async_test]
async fn an_unknown_username_is_answered_and_throttled_like_a_known_one() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let victim = site.person(Role::Member).await;
        let (_, mut known) = guessing(&victim, &site);
        let mut unknown = guessing(&victim, &site).1;
        "nobody".clone_into(&mut unknown.name);
        for turn in 0..=LIMIT {
            let (one, other) = (known.logs_in_for_jwt().await, unknown.logs_in_for_jwt().await);
            if turn < LIMIT {
                assert_eq!((one.status, &one.json), (other.status, &other.json), "turn {turn}");
            } else {
                must_wait(&one);
                must_wait(&other);
            }
        }
    }
}

#[rocket::async_test]
async fn only_the_correct_password_learns_that_the_account_is_inactive() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        site.signed_in(Role::Staff).await.deactivates(&person, "").await.must_be(303);
        for credential in [Credential::Access, Credential::Opaque] {
            let mut program = person.program();
            let refused = program.logs_in_for(credential).await;
            refused.must_be_refused(403, "forbidden");
            assert_eq!((refused.reason(), refused.text("user_reason")), (Some("deactivated"), USER_REASON));
            "not the password".clone_into(&mut program.password);
            let refused = program.logs_in_for(credential).await;
            refused.must_be_refused(401, "bad_credentials");
            assert_eq!((refused.reason(), refused.text("user_reason")), (None, ""), "{refused:?}");
        }
    }
}

#[rocket::async_test]
async fn typed_names_and_passwords_appear_in_no_event() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let program = site.visitor().program();
        for path in ["/api/token", "/api/auth-token"] {
            let body = json!({ "username": "my secret in the wrong field", "password": "another secret of mine" });
            program.posts(path, &body).await.must_be_refused(401, "bad_credentials");
        }
        let rows = site.database.dump().await;
        assert!(!rows.iter().any(|row| row.contains("secret in the wrong") || row.contains("another secret")));
    }
}
