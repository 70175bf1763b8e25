//! Exchanging refresh tokens: each is valid once, and reuse ends its family.

use chrono::TimeDelta;
use curfew::domain::people::role::Role;
use rocket::futures::future::join_all;
use serde_json::json;

use super::signing::Jwt;
use crate::harness::{
    program::Program,
    site::{Plan, Site},
    store::engines,
};

/// Part of the user's reason after a refresh token was used again.
const USED_AGAIN: &str = "A refresh token was used a second time.";

async fn logged_in(site: &Site) -> Program<'_> {
    site.person(Role::Member).await.program_with_jwt().await
}

#[rocket::async_test]
async fn a_login_response_has_the_user_and_the_lifetimes() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let mut program = person.program();
        for name in [person.name.clone(), person.email.clone(), person.name.to_uppercase()] {
            program.name = name;
            let answer = program.logs_in_for_jwt().await;
            answer.must_be(200);
            assert_eq!(answer.json["user_id"], person.id, "{answer:?}");
            assert_eq!(answer.text("username"), person.name, "{answer:?}");
            assert_eq!(answer.json["expires_in"], 300, "{answer:?}");
            assert_eq!(answer.json.as_object().map(serde_json::Map::len), Some(5), "{answer:?}");
            let me = program.asks_who_it_is().await;
            assert_eq!((&me.json["id"], me.text("email")), (&json!(person.id), &*person.email), "{me:?}");
            assert_eq!((&me.json["is_staff"], &me.json["is_superuser"]), (&json!(false), &json!(false)), "{me:?}");
        }
    }
}

#[rocket::async_test]
async fn the_claims_have_the_token_type_and_contain_no_secret() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let program = logged_in(&site).await;
        let (access, refresh) = (Jwt::read(&program.access), Jwt::read(&program.refresh));
        for (token, kind, lifetime) in [(&access, "access", 300), (&refresh, "refresh", 86_400)] {
            assert_eq!(token.header["alg"], "HS256", "{token:?}");
            let claims = token.claims.as_object().expect("an object");
            let names: Vec<&str> = claims.keys().map(String::as_str).collect();
            let mut expected =
                ["aud", "exp", "family", "generation", "iat", "iss", "jti", "login_date", "nbf", "sub", "token_type"];
            expected.sort_unstable();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, expected, "{token:?}");
            assert_eq!(claims["sub"], program.id.to_string(), "{token:?}");
            assert_eq!(claims["token_type"], kind, "{token:?}");
            let number = |name: &str| claims[name].as_i64().expect("a number");
            assert_eq!(number("exp") - number("iat"), lifetime, "{token:?}");
            assert_eq!(number("login_date") / 1_000_000, number("iat"), "the date is in microseconds: {token:?}");
        }
        assert_ne!(access.claims["jti"], refresh.claims["jti"]);
    }
}

#[rocket::async_test]
async fn an_exchange_issues_new_tokens_and_the_old_access_token_stays_valid() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut program = logged_in(&site).await;
        let first = program.clone();
        for turn in 1..=5 {
            let before = program.clone();
            let answer = program.refreshes().await;
            answer.must_be(200);
            assert_eq!(answer.json.as_object().map(serde_json::Map::len), Some(3), "{answer:?}");
            assert_ne!(program.refresh, before.refresh, "turn {turn}");
            assert_ne!(program.access, before.access, "turn {turn}");
            assert!(program.is_logged_in().await && first.is_logged_in().await, "turn {turn}");
            let (old, new) = (Jwt::read(&before.refresh).claims, Jwt::read(&program.refresh).claims);
            assert_eq!(
                (&old["family"], &old["login_date"]),
                (&new["family"], &new["login_date"]),
                "still the same login"
            );
            site.shift_clock(TimeDelta::seconds(11));
        }
        let families = site.database.number("SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser'").await;
        assert_eq!(families, 1, "an exchange must not create a login");
    }
}

#[rocket::async_test]
async fn within_ten_seconds_a_used_refresh_token_gets_the_same_successor() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut program = logged_in(&site).await;
        let spent = program.refresh.clone();
        program.refreshes().await.must_be(200);
        for _ in 0..3 {
            let again = program.refreshes_with(&spent).await;
            assert_eq!(again.must_be(200).text("refresh"), program.refresh, "{again:?}");
            assert_eq!(again.text("access"), program.access, "{again:?}");
            site.shift_clock(TimeDelta::seconds(3));
        }
        assert!(program.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn after_the_grace_period_reuse_ends_the_family() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.signed_in(Role::Member).await;
        let mut program = person.program_with_jwt().await;
        let (other, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        let spent = program.refresh.clone();
        program.refreshes().await.must_be(200);
        site.shift_clock(TimeDelta::seconds(10));
        let refused = program.refreshes_with(&spent).await;
        refused.must_have_ended("forced-out");
        assert!(refused.text("user_reason").contains(USED_AGAIN), "{refused:?}");

        let refused = program.asks_who_it_is().await;
        assert!(refused.must_have_ended("forced-out").text("user_reason").contains(USED_AGAIN), "{refused:?}");
        let refused = program.clone().refreshes().await;
        assert!(refused.must_have_ended("forced-out").text("user_reason").contains(USED_AGAIN), "{refused:?}");
        assert!(
            other.is_logged_in().await && opaque.is_logged_in().await && person.clone().is_logged_in().await,
            "no other login may end"
        );

        program.refreshes_with(&spent).await.must_have_ended("forced-out");
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'token-ended' AND reason = 'forced-out'";
        assert_eq!(site.database.number(recorded).await, 1, "one event, however often the token is reused");
        let why = site.database.texts("SELECT user_reason FROM curfew_events WHERE kind = 'token-ended'").await;
        assert!(why[0].contains(USED_AGAIN), "{why:?}");
        program.logs_in_for_jwt().await.must_be(200);
        assert!(program.is_logged_in().await, "a new login must work");
    }
}

#[rocket::async_test]
async fn the_grace_period_counts_seconds_and_not_exchanges() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut program = logged_in(&site).await;
        let first = program.clone();
        for _ in 0..3 {
            program.refreshes().await.must_be(200);
        }
        // Well within the ten seconds, because the exchanges take time too.
        site.shift_clock(TimeDelta::seconds(5));
        let again = first.clone().refreshes().await;
        assert_eq!(again.must_be(200).text("refresh"), program.refresh, "the newest of the family");
        assert!(program.is_logged_in().await);
        site.shift_clock(TimeDelta::seconds(5));
        first.clone().refreshes().await.must_have_ended("forced-out");
        assert!(!program.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn ten_concurrent_exchanges_of_one_token_leave_one_family_or_none() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for round in 0..10 {
            let program = logged_in(&site).await;
            let asking = (0..10).map(|_| {
                let mut program = program.clone();
                async move {
                    let answer = program.refreshes().await;
                    (answer, program)
                }
            });
            let answers = join_all(asking).await;
            let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(answer, _)| answer.status == 200);
            for (answer, _) in &refused {
                answer.must_be(401);
            }
            let given: std::collections::BTreeSet<_> = done.iter().map(|(answer, _)| answer.text("refresh")).collect();
            assert!(given.len() <= 1, "round {round}: {} successors", given.len());
            let live = "SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NULL AND user_id = ";
            let live = site.database.number(&format!("{live}{}", program.id)).await;
            assert_eq!((live, done.len()), (1, 10), "round {round}: within the grace period all succeed");
            let (_, mut next) = done.into_iter().next().expect("a successful exchange");
            next.refreshes().await.must_be(200);
        }
    }
}

/// Two nodes of one site: the lock is in the database.
#[rocket::async_test]
async fn concurrent_exchanges_on_two_nodes_create_one_successor() {
    for engine in engines() {
        let plan = Plan::default();
        let keys = plan.keys.clone();
        let one = plan.on(engine).await;
        let two = Plan { keys, ..Plan::default() }.over(one.database.second_handle()).await;
        for round in 0..5 {
            let program = logged_in(&one).await;
            let asking = (0..10).map(|turn| {
                let mut program = program.clone();
                program.site = if turn % 2 == 0 { &one } else { &two };
                async move { program.refreshes().await }
            });
            let answers = join_all(asking).await;
            let given: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.text("refresh")).collect();
            assert!(answers.iter().all(|answer| answer.status == 200), "round {round}: {answers:?}");
            assert_eq!(given.len(), 1, "round {round}: {given:?}");
        }
    }
}

#[rocket::async_test]
async fn a_family_has_the_lifetime_of_a_session() {
    for engine in engines() {
        let mut plan = Plan::default();
        let hours = |n| std::time::Duration::from_hours(n);
        (plan.settings.session_lifetime, plan.settings.session_idle) = (hours(48), hours(1));
        let site = plan.on(engine).await;
        let mut program = logged_in(&site).await;
        for hour in 1..48 {
            site.shift_clock(TimeDelta::hours(1));
            program.refreshes().await.must_be(200);
            assert!(program.is_logged_in().await, "hour {hour}: neither idle nor past its lifetime");
        }
        let (access, refresh) = (Jwt::read(&program.access).claims, Jwt::read(&program.refresh).claims);
        let ends = access["login_date"].as_i64().expect("a number") / 1_000_000 + 48 * 3600;
        assert_eq!(refresh["exp"], ends, "a refresh token expires no later than its family");
        assert!(access["exp"].as_i64() <= Some(ends));
        site.shift_clock(TimeDelta::hours(1));
        program.refreshes().await.must_be_refused(401, "token_expired");
        program.asks_who_it_is().await.must_be_refused(401, "token_expired");
    }
}

#[rocket::async_test]
async fn an_access_token_ends_with_its_family_and_not_when_it_expires() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut program = logged_in(&site).await;
        let first = program.clone();
        program.refreshes().await.must_be(200);
        assert!(first.is_logged_in().await && program.is_logged_in().await);
        program.revokes().await.must_be(204);
        first.asks_who_it_is().await.must_have_ended("logged-out");
        program.asks_who_it_is().await.must_have_ended("logged-out");
        program.clone().refreshes().await.must_have_ended("logged-out");
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'token-ended' AND reason = 'logged-out'";
        assert_eq!(site.database.number(recorded).await, 1);
        program.revokes().await.must_be(204);
        assert_eq!(site.database.number(recorded).await, 1, "revoking an ended family records nothing");
    }
}

#[rocket::async_test]
async fn a_used_or_expired_refresh_token_can_be_revoked() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut program = logged_in(&site).await;
        let spent = program.clone();
        site.shift_clock(TimeDelta::minutes(1));
        program.refreshes().await.must_be(200);
        site.shift_clock(TimeDelta::minutes(1));
        spent.revokes().await.must_be(204);
        program.asks_who_it_is().await.must_have_ended("logged-out");

        let mut program = logged_in(&site).await;
        let first = program.clone();
        site.shift_clock(TimeDelta::hours(23));
        program.refreshes().await.must_be(200);
        site.shift_clock(TimeDelta::hours(2));
        first.clone().refreshes().await.must_be_refused(401, "token_expired");
        first.revokes().await.must_be(204); // its family is live, and this ends it
        program.refreshes().await.must_have_ended("logged-out");
    }
}

#[rocket::async_test]
async fn after_a_force_logout_no_exchange_succeeds() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let mut program = person.program_with_jwt().await;
        let spent = program.clone();
        program.refreshes().await.must_be(200);
        site.signed_in(Role::Staff).await.forces_out(&person).await.must_be(303);
        // Even within the grace period.
        let events = "SELECT COUNT(*) FROM curfew_events";
        let before = site.database.number(events).await;
        for mut program in [program, spent] {
            program.refreshes().await.must_have_ended("forced-out");
            program.revokes().await.must_be(204);
        }
        assert_eq!(site.database.number(events).await, before);
        let live = "SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NULL";
        assert_eq!(site.database.number(live).await, 0);
    }
}

/// Whichever commits first: no family survives the force logout.
#[rocket::async_test]
async fn concurrent_exchanges_and_a_force_logout_leave_no_login() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for round in 0..10 {
            let person = site.person(Role::Member).await;
            let program = person.program_with_jwt().await;
            let mut staff = site.signed_in(Role::Staff).await;
            staff.opens(&format!("/admin/users/{}", person.id)).await;
            let asking = (0..6).map(|_| {
                let mut program = program.clone();
                async move {
                    let answer = program.refreshes().await;
                    assert!(matches!(answer.status, 200 | 401), "round {round}: {answer:?}");
                    program
                }
            });
            let (programs, page) = rocket::tokio::join!(join_all(asking), staff.forces_out(&person));
            page.must_be(303);
            for mut program in programs {
                program.asks_who_it_is().await.must_have_ended("forced-out");
                program.refreshes().await.must_have_ended("forced-out");
            }
        }
    }
}

#[rocket::async_test]
async fn api_logins_work_after_the_clock_steps_back() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut old = person.program_with_jwt().await;
        staff.forces_out(&person).await.must_be(303);
        site.shift_clock(TimeDelta::hours(-1));
        let (mut jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        assert!(jwt.is_logged_in().await && opaque.is_logged_in().await, "a new login must be valid at once");
        jwt.refreshes().await.must_be(200);
        assert!(jwt.is_logged_in().await);
        assert_eq!(old.uses(crate::harness::program::Credential::Access).await.status, 401);
        site.shift_clock(TimeDelta::hours(1));
        old.refreshes().await.must_have_ended("forced-out");
    }
}
