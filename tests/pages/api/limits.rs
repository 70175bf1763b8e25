//! The limit on tokens per account: a new login replaces the least recently used one, or is refused.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use curfew::{domain::people::role::Role, settings::WhenFull};
use rocket::futures::future::join_all;

use crate::harness::{
    program::{Credential, Program},
    site::{Plan, Site},
    store::{Engine, engines},
};

async fn site_of(engine: Engine, limit: u32, when_full: WhenFull) -> Site {
    let mut plan = Plan::default();
    plan.settings.max_tokens = NonZeroU32::new(limit);
    plan.settings.when_full = when_full;
    plan.on(engine).await
}

async fn live(site: &Site, id: i64) -> i64 {
    site.database
        .number(&format!(
            "SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NULL AND user_id = {id}"
        ))
        .await
}

#[rocket::async_test]
async fn at_a_limit_of_one_a_new_login_replaces_the_previous_one() {
    for engine in engines() {
        let site = site_of(engine, 1, WhenFull::EndOldest).await;
        let person = site.person(Role::Member).await;
        let mut before: Option<(Program<'_>, Credential)> = None;
        for credential in [Credential::Access, Credential::Opaque, Credential::Opaque, Credential::Refresh] {
            let mut program = person.program();
            program.logs_in_for(credential).await;
            assert!(program.is_logged_in().await, "{credential:?}");
            if let Some((mut replaced, credential)) = before {
                let refused = replaced.uses(credential).await;
                refused.must_have_ended("logged-in-elsewhere");
                assert!(!refused.text("detail").is_empty(), "the client needs a text to show: {refused:?}");
            }
            assert_eq!(live(&site, person.id).await, 1);
            before = Some((program, credential));
        }
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'login' AND reason = 'logged-in-elsewhere'";
        assert_eq!(site.database.number(recorded).await, 3, "a login that ended another is one event");
    }
}

#[rocket::async_test]
async fn the_least_recently_used_token_is_replaced() {
    for engine in engines() {
        let site = site_of(engine, 3, WhenFull::EndOldest).await;
        let person = site.person(Role::Member).await;
        let one = person.program_with_token().await;
        site.shift_clock(TimeDelta::seconds(10));
        let two = person.program_with_jwt().await;
        site.shift_clock(TimeDelta::seconds(10));
        let three = person.program_with_token().await;
        site.shift_clock(TimeDelta::seconds(10));
        // Uses within one minute are not written to the database yet, and still count.
        assert!(one.is_logged_in().await && three.is_logged_in().await);
        let four = person.program_with_jwt().await;
        two.asks_who_it_is().await.must_have_ended("logged-in-elsewhere");
        assert!(one.is_logged_in().await && three.is_logged_in().await && four.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_login_refused_at_the_limit_says_what_to_do() {
    for engine in engines() {
        let site = site_of(engine, 2, WhenFull::RefuseNew).await;
        let person = site.person(Role::Member).await;
        let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        let mut third = person.program();
        for _ in 0..12 {
            // More often than wrong passwords are allowed: a refusal at the limit never counts as a failure.
            for credential in [Credential::Access, Credential::Opaque] {
                let refused = third.logs_in_for(credential).await;
                refused.must_be_refused(409, "conflict");
                assert!(refused.text("detail").contains("2 tokens"), "{refused:?}");
            }
        }
        assert!(jwt.is_logged_in().await && opaque.is_logged_in().await, "no login ended");
        jwt.revokes().await.must_be(204);
        third.logs_in_for_token().await.must_be(201);
        assert_eq!(third.clone().logs_in_for_jwt().await.status, 409);
        site.shift_clock(TimeDelta::hours(72));
        third.logs_in_for_jwt().await.must_be(200); // expired logins do not count
    }
}

#[rocket::async_test]
async fn a_wrong_password_does_not_reveal_that_the_limit_is_reached() {
    for engine in engines() {
        let site = site_of(engine, 1, WhenFull::RefuseNew).await;
        let (full, free) = (site.person(Role::Member).await, site.person(Role::Member).await);
        full.program_with_token().await;
        let mut answers = Vec::new();
        for person in [full, free] {
            let mut program = person.program();
            "not the password".clone_into(&mut program.password);
            answers.push(program.logs_in_for_jwt().await.json);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0]["code"], "bad_credentials");
    }
}

#[rocket::async_test]
async fn sessions_and_tokens_have_separate_limits() {
    for engine in engines() {
        let mut plan = Plan::default();
        plan.settings.max_tokens = NonZeroU32::new(1);
        plan.settings.max_sessions = NonZeroU32::new(1);
        let site = plan.on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let program = person.program_with_token().await;
        assert!(person.is_logged_in().await && program.is_logged_in().await, "one of each");
        person.another_browser().logs_in().await.must_lead_to("/account");
        assert!(!person.is_logged_in().await && program.is_logged_in().await, "a browser replaces a browser");
        let other = site.person(Role::Member).await.program_with_token().await;
        assert!(program.is_logged_in().await && other.is_logged_in().await, "each account has its own limit");
    }
}

#[rocket::async_test]
async fn exchanging_a_refresh_token_does_not_count_as_a_login() {
    for engine in engines() {
        for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
            let site = site_of(engine, 1, when_full).await;
            let mut program = site.person(Role::Member).await.program_with_jwt().await;
            for _ in 0..3 {
                program.refreshes().await.must_be(200);
                assert!(program.is_logged_in().await);
            }
        }
    }
}

#[rocket::async_test]
async fn concurrent_logins_never_exceed_the_limit() {
    for engine in engines() {
        for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
            let site = site_of(engine, 3, when_full).await;
            let person = site.person(Role::Member).await;
            let asking = (0..16).map(|turn| {
                let mut program = person.program();
                let credential = if turn % 2 == 0 { Credential::Access } else { Credential::Opaque };
                async move {
                    let status = program.logs_in_for(credential).await.status;
                    (status, program)
                }
            });
            let logins = join_all(asking).await;
            assert_eq!(live(&site, person.id).await, 3, "{when_full:?}");
            let mut in_now = 0;
            for (status, program) in &logins {
                match status {
                    200 | 201 => in_now += usize::from(program.is_logged_in().await),
                    status => assert_eq!((*status, when_full), (409, WhenFull::RefuseNew)),
                }
            }
            assert_eq!(in_now, 3, "{when_full:?}");
        }
    }
}

#[rocket::async_test]
async fn concurrent_logins_on_two_nodes_never_exceed_the_limit() {
    for engine in engines() {
        let one = site_of(engine, 2, WhenFull::EndOldest).await;
        let mut plan = Plan::default();
        plan.settings.max_tokens = NonZeroU32::new(2);
        let two = plan.over(one.database.second_handle()).await;
        let person = one.person(Role::Member).await;
        let asking = (0..12).map(|turn| {
            let mut program = person.program();
            program.site = if turn % 2 == 0 { &one } else { &two };
            async move { program.logs_in_for_token().await.status }
        });
        let statuses = join_all(asking).await;
        assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
        assert_eq!(live(&one, person.id).await, 2);
    }
}
