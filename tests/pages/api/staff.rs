//! The staff endpoints of the API, as an offboarding script uses them: the same use cases, permissions and events as
//! the pages.

use chrono::{DateTime, TimeDelta, Utc};
use curfew::domain::people::role::Role;
use serde_json::{Value, json};

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    person::Person,
    program::{Answer, Credential, Program},
    site::Site,
    store::any_engine,
};

fn reasons() -> Value {
    json!({ "staff_reason": STAFF_REASON, "user_reason": USER_REASON })
}

fn at(moment: DateTime<Utc>) -> Value {
    json!({ "staff_reason": STAFF_REASON, "user_reason": USER_REASON, "at": moment.to_rfc3339() })
}

async fn of_staff(site: &Site, role: Role) -> Program<'_> {
    site.person(role).await.program_with_token().await
}

async fn does(staff: &Program<'_>, verb: &str, person: &Person<'_>, body: &Value) -> Answer {
    staff.posts(&format!("/api/users/{}/{verb}", person.name), body).await
}

async fn events(site: &Site, kind: &str) -> i64 {
    site.database.number(&format!("SELECT COUNT(*) FROM curfew_events WHERE kind = '{kind}'")).await
}

#[rocket::async_test]
async fn the_api_shows_the_same_account_as_the_staff_page() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let staff = of_staff(&site, Role::Staff).await;
        let person = site.signed_in(Role::Member).await;
        person.program_with_jwt().await;
        person.program_with_token().await;
        person.program_with_token().await;
        for name in [person.name.clone(), person.email.clone(), person.name.to_uppercase()] {
            let user = staff.gets(&format!("/api/users/{name}")).await;
            user.must_be(200);
            assert_eq!((&user.json["id"], user.text("username")), (&json!(person.id), &*person.name), "{user:?}");
            assert_eq!(user.text("email"), person.email, "{user:?}");
            assert_eq!((&user.json["live_sessions"], &user.json["live_tokens"]), (&json!(1), &json!(3)), "{user:?}");
            for (field, value) in [("is_active", true), ("is_staff", false), ("is_superuser", false)] {
                assert_eq!(user.json[field], value, "{field}: {user:?}");
            }
            for field in ["force_logout_date", "force_logout_scheduled", "deactivated_until"] {
                assert!(user.json[field].is_null(), "{field}: {user:?}");
            }
            for field in ["date_joined", "last_login"] {
                assert!(DateTime::parse_from_rfc3339(user.text(field)).is_ok(), "{field}: {user:?}");
            }
        }
        let own = staff.gets(&format!("/api/users/{}", staff.name)).await;
        assert_eq!((&own.json["is_staff"], &own.json["live_tokens"]), (&json!(true), &json!(1)), "{own:?}");
    }
}

#[rocket::async_test]
async fn a_force_logout_ends_browsers_and_programs_and_counts_them() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let staff = of_staff(&site, Role::Staff).await;
        let mut person = site.signed_in(Role::Member).await;
        person.another_browser().logs_in().await.must_be(303);
        let mut jwt = person.program_with_jwt().await;
        let (opaque, third) = (person.program_with_token().await, person.program_with_token().await);
        third.deletes(&format!("/api/tokens/{}", third.opaque_id)).await.must_be(204);

        let done = does(&staff, "force-logout", &person, &reasons()).await;
        done.must_be(200);
        assert_eq!((&done.json["sessions_ended"], &done.json["tokens_ended"]), (&json!(2), &json!(2)), "{done:?}");
        let user = staff.gets(&format!("/api/users/{}", person.name)).await;
        assert_eq!(user.json["force_logout_date"], done.json["force_logout_date"], "{user:?}");
        assert_eq!((&user.json["live_sessions"], &user.json["live_tokens"]), (&json!(0), &json!(0)), "{user:?}");

        assert!(!person.is_logged_in().await);
        for refused in [jwt.uses(Credential::Access).await, jwt.uses(Credential::Refresh).await] {
            assert_eq!(refused.must_have_ended("forced-out").text("user_reason"), USER_REASON);
        }
        opaque.asks_who_it_is().await.must_have_ended("forced-out");
        third.asks_who_it_is().await.must_have_ended("logged-out");
        let sql = "SELECT actor || '|' || subject || '|' || staff_reason || '|' || user_reason
                   FROM curfew_events WHERE kind = 'force-logout'";
        let recorded = site.database.texts(sql).await;
        assert_eq!(recorded, [format!("{}|{}|{STAFF_REASON}|{USER_REASON}", staff.name, person.name)]);
        let by = site
            .database
            .texts("SELECT DISTINCT ended_by FROM curfew_logins WHERE kind <> 'browser' AND reason = 'forced-out'")
            .await;
        assert_eq!(by, [&*staff.name], "each ended token records who ended it");

        let again = does(&staff, "force-logout", &person, &json!({})).await;
        assert_eq!((&again.json["sessions_ended"], &again.json["tokens_ended"]), (&json!(0), &json!(0)), "{again:?}");
        person.logs_in().await.must_be(303);
        assert!(
            person.is_logged_in().await && person.program_with_token().await.is_logged_in().await,
            "a new login must work"
        );
    }
}

#[rocket::async_test]
async fn a_past_time_ends_the_logins_made_before_it_and_the_date_never_moves_back() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (old_jwt, old) = (person.program_with_jwt().await, person.program_with_token().await);
        site.shift_clock(TimeDelta::minutes(4));
        let now = site.accounts().store().clock().process_now();
        let (new_jwt, new) = (person.program_with_jwt().await, person.program_with_token().await);
        let staff = of_staff(&site, Role::Staff).await;
        let done = does(&staff, "force-logout", &person, &at(now - TimeDelta::minutes(2))).await;
        assert_eq!(done.must_be(200).json["tokens_ended"], 2, "{done:?}");
        old.asks_who_it_is().await.must_have_ended("forced-out");
        old_jwt.asks_who_it_is().await.must_have_ended("forced-out");
        assert!(new.is_logged_in().await && new_jwt.is_logged_in().await);
        let earlier = does(&staff, "force-logout", &person, &at(now - TimeDelta::minutes(3))).await;
        assert_eq!(earlier.must_be(200).json["force_logout_date"], done.json["force_logout_date"], "{earlier:?}");
        assert_eq!(earlier.json["tokens_ended"], 0, "{earlier:?}");
        assert!(new.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_scheduled_force_logout_is_shown_and_comes_due() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = of_staff(&site, Role::Staff).await;
        let person = site.person(Role::Member).await;
        let program = person.program_with_token().await;
        let moment = site.accounts().store().clock().process_now() + TimeDelta::minutes(30);
        let done = does(&staff, "force-logout", &person, &at(moment)).await;
        done.must_be(200);
        assert!(done.json["force_logout_date"].is_null(), "{done:?}");
        assert_eq!((&done.json["sessions_ended"], &done.json["tokens_ended"]), (&json!(0), &json!(0)), "{done:?}");
        let scheduled = DateTime::parse_from_rfc3339(done.text("force_logout_scheduled")).expect("a timestamp");
        assert_eq!(scheduled, moment, "{done:?}");
        assert!(program.is_logged_in().await, "not yet");
        let user = staff.gets(&format!("/api/users/{}", person.name)).await;
        assert_eq!(user.json["force_logout_scheduled"], done.json["force_logout_scheduled"], "{user:?}");
        site.shift_clock(TimeDelta::minutes(31));
        let user = staff.gets(&format!("/api/users/{}", person.name)).await;
        assert!(
            user.json["force_logout_scheduled"].is_null(),
            "a force logout that came due is no longer scheduled: {user:?}"
        );
        assert_eq!(user.json["force_logout_date"], done.json["force_logout_scheduled"], "{user:?}");
        assert_eq!(user.json["live_tokens"], 0, "{user:?}");
        let refused = program.asks_who_it_is().await;
        assert_eq!(refused.must_have_ended("forced-out").text("user_reason"), USER_REASON);
        staff.logs_in_for_jwt().await.must_be(200);
        let recorded = site.database.texts("SELECT detail FROM curfew_events WHERE kind = 'force-logout-due'").await;
        assert_eq!(recorded, ["1 token ended"], "one event, with the number of ended logins");
        let ended = "SELECT ended_by || '|' || reason || '|' || user_reason FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NOT NULL";
        let ended = site.database.texts(ended).await;
        assert_eq!(ended, [format!("{}|forced-out|{USER_REASON}", staff.name)], "the token records who ended it");
    }
}

#[rocket::async_test]
async fn a_user_is_deactivated_and_activated_and_no_old_login_revives() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let staff = of_staff(&site, Role::Staff).await;
        let person = site.person(Role::Member).await;
        let mut program = person.program_with_jwt().await;
        let off = does(&staff, "deactivate", &person, &reasons()).await;
        assert_eq!((off.must_be(200).text("username"), &off.json["is_active"]), (&*person.name, &json!(false)));
        let refused = program.asks_who_it_is().await;
        assert_eq!(refused.must_have_ended("deactivated").text("user_reason"), USER_REASON);
        for credential in [Credential::Access, Credential::Opaque] {
            let refused = person.program().logs_in_for(credential).await;
            refused.must_be_refused(403, "forbidden");
            assert_eq!((refused.reason(), refused.text("user_reason")), (Some("deactivated"), USER_REASON));
        }
        let on = does(&staff, "activate", &person, &reasons()).await;
        assert_eq!(on.must_be(200).json["is_active"], true, "{on:?}");
        program.uses(Credential::Refresh).await.must_have_ended("deactivated");
        assert!(person.program_with_token().await.is_logged_in().await);
        for (kind, count) in [("deactivated", 1), ("activated", 1)] {
            assert_eq!(events(&site, kind).await, count, "{kind}");
            let actors = site.database.texts(&format!("SELECT actor FROM curfew_events WHERE kind = '{kind}'")).await;
            assert_eq!(actors, [&*staff.name], "{kind}");
        }
    }
}

#[rocket::async_test]
async fn a_token_in_the_wrong_place_appears_in_no_event() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let program = site.person(Role::Member).await.program_with_token().await;
        program.gets(&format!("/api/users/{}", program.opaque)).await.must_be_refused(403, "forbidden");
        let recorded = site.database.texts("SELECT detail FROM curfew_events WHERE kind = 'refused'").await;
        assert_eq!(recorded, ["GET /api/users/<name>: their role does not allow it"]);
    }
}

#[rocket::async_test]
async fn a_members_token_is_refused_at_staff_endpoints_and_each_attempt_is_recorded() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (person, target) = (site.person(Role::Member).await, site.person(Role::Member).await);
        for program in [person.program_with_jwt().await, person.program_with_token().await] {
            let victim = target.program_with_token().await;
            let before = events(&site, "refused").await;
            let dump = site.database.dump_without_events().await;
            program.gets(&format!("/api/users/{}", target.name)).await.must_be_refused(403, "forbidden");
            program.gets("/api/users/nobody").await.must_be_refused(403, "forbidden");
            for verb in ["force-logout", "deactivate", "activate"] {
                does(&program, verb, &target, &reasons()).await.must_be_refused(403, "forbidden");
                does(&program, verb, &person, &reasons()).await.must_be_refused(403, "forbidden");
            }
            // The second program repeats the acts of the first.
            site.accounts().write_all_counted_acts().await.expect("an answer");
            assert_eq!(events(&site, "refused").await, before + 8, "each attempt is recorded");
            let actors = site.database.texts("SELECT DISTINCT actor FROM curfew_events WHERE kind = 'refused'").await;
            assert_eq!(actors, [&*person.name]);
            let on =
                |name: &str| format!("SELECT kind FROM curfew_events WHERE kind = 'refused' AND subject = '{name}'");
            let rounds = (before + 8) / 8;
            for (name, times) in [(&person.name, 3), (&target.name, 4)] {
                let recorded = site.database.texts(&on(name)).await.len();
                assert_eq!(
                    recorded,
                    usize::try_from(times * rounds).expect("few"),
                    "the subject of the events: {name}"
                );
            }
            assert_eq!(site.database.dump_without_events().await, dump, "nothing else may change");
            assert!(victim.is_logged_in().await && program.is_logged_in().await);
        }
    }
}

#[rocket::async_test]
async fn staff_manage_members_only_and_nobody_the_last_superuser_or_themselves() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let superuser = of_staff(&site, Role::Superuser).await;
        let staff = of_staff(&site, Role::Staff).await;
        let colleague = site.person(Role::Staff).await;
        let boss = Person { name: superuser.name.clone(), id: superuser.id, ..site.visitor() };
        let own = Person { name: staff.name.clone(), id: staff.id, ..site.visitor() };
        for other in [&colleague, &boss] {
            for verb in ["force-logout", "deactivate", "activate"] {
                let before = events(&site, "refused").await;
                does(&staff, verb, other, &reasons()).await.must_be_refused(403, "forbidden");
                assert_eq!(events(&site, "refused").await, before + 1, "{verb} on {}", other.name);
            }
        }
        let refused = does(&staff, "deactivate", &own, &reasons()).await;
        assert!(matches!(refused.status, 403 | 409), "{refused:?}");
        let refused = does(&superuser, "deactivate", &boss, &reasons()).await;
        refused.must_be_refused(409, "conflict");
        assert!(superuser.is_logged_in().await && staff.is_logged_in().await);
        does(&superuser, "deactivate", &colleague, &reasons()).await.must_be(200);
        let second = site.person(Role::Superuser).await;
        does(&superuser, "deactivate", &second, &reasons()).await.must_be(200);
        does(&superuser, "deactivate", &boss, &reasons()).await.must_be_refused(409, "conflict");
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE is_superuser AND is_active").await, 1);
    }
}

#[rocket::async_test]
async fn a_superuser_who_forces_themselves_out_ends_their_own_script_too() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let superuser = of_staff(&site, Role::Superuser).await;
        let own = Person { name: superuser.name.clone(), id: superuser.id, ..site.visitor() };
        let done = does(&superuser, "force-logout", &own, &reasons()).await;
        assert_eq!(done.must_be(200).json["tokens_ended"], 1, "the response must count it: {done:?}");
        superuser.asks_who_it_is().await.must_have_ended("forced-out");
        does(&superuser, "force-logout", &own, &reasons()).await.must_have_ended("forced-out");
    }
}

#[rocket::async_test]
async fn a_removed_role_is_gone_at_the_next_call() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        let (colleague, target) = (site.person(Role::Staff).await, site.person(Role::Member).await);
        let program = colleague.program_with_token().await;
        does(&program, "force-logout", &target, &json!({})).await.must_be(200);
        superuser.gives_role(&colleague, "member").await.must_be(303);
        does(&program, "force-logout", &target, &json!({})).await.must_have_ended("role-changed");
        let again = colleague.program_with_token().await;
        does(&again, "force-logout", &target, &json!({})).await.must_be_refused(403, "forbidden");
        // An administrator may change only the flag with SQL, which ends no login.
        let third = site.person(Role::Staff).await.program_with_token().await;
        does(&third, "force-logout", &target, &json!({})).await.must_be(200);
        site.database.execute(&format!("UPDATE curfew_users SET is_staff = FALSE WHERE id = {}", third.id)).await;
        does(&third, "force-logout", &target, &json!({})).await.must_be_refused(403, "forbidden");
    }
}
