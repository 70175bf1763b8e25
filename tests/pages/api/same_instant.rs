//! A login and a force logout in the same microsecond: the equal one is ended, the next login is valid.

use chrono::{DateTime, TimeDelta};
use curfew::{
    accounts::{Actor, ForceLogoutMoment, ForceLogoutOutcome, Target},
    domain::{people::role::Role, reason_text::Reasons},
};
use serde_json::json;

use super::signing::Jwt;
use crate::harness::{
    program::{Credential, Program},
    site::Site,
    store::{Engine, engines},
};

/// The login date of an API client's login.
async fn login_date(site: &Site, program: &Program<'_>) -> DateTime<chrono::Utc> {
    let me = program.asks_who_it_is().await;
    let date = DateTime::parse_from_rfc3339(me.must_be(200).text("last_login")).expect("a timestamp").to_utc();
    let kept = site
        .database
        .number(&format!("SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND user_id = {}", program.id))
        .await;
    assert_eq!(kept, 1, "the only login of the account");
    date
}

#[rocket::async_test]
async fn a_force_logout_in_the_microsecond_of_a_login_ends_it_and_an_earlier_one_does_not() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for credential in Credential::ALL {
            let person = site.person(Role::Member).await;
            let mut program = person.program();
            program.logs_in_for(credential).await;
            let date = login_date(&site, &program).await;
            let (operator, target) = (Actor::operator("test"), Target::Id(person.id));
            let force = async |moment| {
                let moment = ForceLogoutMoment::At(moment);
                let done = site.accounts().force_logout(&operator, &target, moment, &Reasons::default()).await;
                match done.expect("an end") {
                    ForceLogoutOutcome::Done { ended, .. } => ended.tokens,
                    other => panic!("refused: {other:?}"),
                }
            };
            assert_eq!(force(date - TimeDelta::microseconds(1)).await, 0, "{credential:?}");
            assert!(
                program.is_logged_in().await,
                "{credential:?}: a force logout one microsecond earlier must not end it"
            );
            assert_eq!(force(date).await, 1, "{credential:?}");
            program.uses(credential).await.must_have_ended("forced-out");
        }
    }
}

/// The clock appears to stand still: login dates are consecutive microseconds.
#[rocket::async_test]
async fn logging_in_again_in_the_same_microsecond_works_and_the_old_login_stays_ended() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let staff = site.person(Role::Staff).await.program_with_token().await;
        for credential in Credential::ALL {
            let person = site.person(Role::Member).await;
            let mut old = Vec::new();
            for round in 0..5 {
                let mut program = person.program();
                program.logs_in_for(credential).await;
                assert!(program.is_logged_in().await, "{credential:?}, round {round}");
                let force = format!("/api/users/{}/force-logout", person.name);
                let done = staff.posts(&force, &json!({})).await;
                assert_eq!(done.must_be(200).json["tokens_ended"], 1, "{done:?}");
                // Sets the date as if no time had passed since that login: the clock is behind it.
                site.shift_clock(TimeDelta::milliseconds(-50));
                old.push(program);
                for program in &mut old {
                    let refused = program.clone().uses(credential).await;
                    refused.must_be(401);
                }
            }
            let mut program = person.program();
            program.logs_in_for(credential).await;
            assert!(program.is_logged_in().await, "{credential:?}: the last login is valid");
            assert_eq!(program.uses(credential).await.status, 200, "{credential:?}");
        }
    }
}

#[rocket::async_test]
async fn two_jwt_logins_in_one_second_are_distinguished() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let staff = site.person(Role::Staff).await.program_with_token().await;
        let mut seen_together = false;
        for _ in 0..20 {
            let (mut old, force) =
                (person.program_with_jwt().await, format!("/api/users/{}/force-logout", person.name));
            staff.posts(&force, &json!({})).await.must_be(200);
            let new = person.program_with_jwt().await;
            old.uses(Credential::Access).await.must_have_ended("forced-out");
            old.uses(Credential::Refresh).await.must_have_ended("forced-out");
            assert!(new.is_logged_in().await);
            let second = |program: &Program<'_>| Jwt::read(&program.access).claims["iat"].clone();
            seen_together |= second(&old) == second(&new);
        }
        assert!(seen_together, "the test needs two logins in one second");
    }
}

/// A timestamp written by SQL with whole seconds, on SQLite, which stores it unchanged.
#[rocket::async_test]
async fn forcing_everyone_out_in_the_microsecond_of_a_login_ends_it() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for credential in Credential::ALL {
            let person = site.person(Role::Member).await;
            let mut program = person.program();
            program.logs_in_for(credential).await;
            let date = login_date(&site, &program).await;
            let written = match engine {
                Engine::Sqlite => date.format("'%Y-%m-%dT%H:%M:%S%.6f+00:00'").to_string(),
                Engine::Postgres => date.format("'%Y-%m-%d %H:%M:%S%.6f+00'").to_string(),
            };
            site.database.execute(&format!("UPDATE curfew_site SET force_logout_date = {written}")).await;
            program.uses(credential).await.must_have_ended("everyone-out");
            let mut again = person.program();
            again.logs_in_for(credential).await;
            assert!(again.is_logged_in().await, "{credential:?}");
        }
    }
}
