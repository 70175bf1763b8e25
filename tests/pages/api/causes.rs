//! Every cause that ends a login × every kind of API credential: the next call is refused with the right code and
//! reason, and one event is recorded.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, ForceLogoutMoment, RoleChange, Target},
    domain::{
        people::role::Role,
        reason_text::{ReasonText, Reasons},
    },
    settings::RedisAddress,
};
use serde_json::json;

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    person::Person,
    program::{Credential, Program},
    redis::Redis,
    site::{Plan, Site, engines_and_checks},
    store::{Engine, engines, is_soak},
};

/// How a login is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    ForcedOutOnAPage,
    ForcedOutOverTheApi,
    ForcedOutAtTheCommandLine,
    ScheduledForThem,
    EveryoneOut,
    EveryoneOutScheduled,
    DeactivatedOnAPage,
    DeactivatedOverTheApi,
    PasswordChanged,
    RoleChanged,
    Deleted,
    TakenBack,
    LoggedInElsewhere,
    EndedByUser,
    LoggedOut,
    Expired,
}

use Cause::{
    DeactivatedOnAPage, DeactivatedOverTheApi, Deleted, EndedByUser, EveryoneOut, EveryoneOutScheduled, Expired,
    ForcedOutAtTheCommandLine, ForcedOutOnAPage, ForcedOutOverTheApi, LoggedInElsewhere, LoggedOut, PasswordChanged,
    RoleChanged, ScheduledForThem, TakenBack,
};

/// A cause, the reason code given, and the kind of its one event. For a scheduled force logout that is the event of
/// its coming due. Expiry alone records no event.
const TABLE: [(Cause, &str, Option<&str>); 16] = [
    (ForcedOutOnAPage, "forced-out", Some("force-logout")),
    (ForcedOutOverTheApi, "forced-out", Some("force-logout")),
    (ForcedOutAtTheCommandLine, "forced-out", Some("force-logout")),
    (ScheduledForThem, "forced-out", Some("force-logout-due")),
    (EveryoneOut, "everyone-out", Some("force-logout")),
    (EveryoneOutScheduled, "everyone-out", Some("force-logout-due")),
    (DeactivatedOnAPage, "deactivated", Some("deactivated")),
    (DeactivatedOverTheApi, "deactivated", Some("deactivated")),
    (PasswordChanged, "password-changed", Some("password-changed")),
    (RoleChanged, "role-changed", Some("role-changed")),
    (Deleted, "deleted", Some("deleted")),
    (TakenBack, "not-me", Some("not-me")),
    (LoggedInElsewhere, "logged-in-elsewhere", Some("login")),
    (EndedByUser, "ended-by-user", None), // the event is about a token or a session, depending on what was ended
    (LoggedOut, "logged-out", None),
    (Expired, "expired", None),
];

impl Cause {
    /// Whether staff give the user a reason.
    const fn has_user_reason(self) -> bool {
        matches!(
            self,
            ForcedOutOnAPage
                | ForcedOutOverTheApi
                | ForcedOutAtTheCommandLine
                | ScheduledForThem
                | EveryoneOut
                | EveryoneOutScheduled
                | DeactivatedOnAPage
                | DeactivatedOverTheApi
        )
    }
}

#[rocket::async_test]
async fn every_cause_that_ends_a_login_refuses_every_api_credential_at_the_next_call() {
    for (engine, mode) in engines_and_checks() {
        for row in TABLE {
            let mut plan = Plan::default();
            plan.settings.check = mode;
            check_row(engine, plan, row).await;
        }
    }
}

#[rocket::async_test]
async fn every_cause_ends_a_login_even_if_redis_still_holds_its_key() {
    // Nodes share Redis with Postgres; a soak also tries it with SQLite.
    let engines = engines();
    let from = if is_soak() { 0 } else { engines.len() - 1 };
    for engine in engines[from..].iter().copied() {
        let Some(redis) = Redis::start().await else { return };
        for row in TABLE {
            check_row(engine, Plan { redis: Some(redis.address()), ..Plan::default() }, row).await;
        }
    }
}

async fn check_row(engine: Engine, mut plan: Plan, (cause, reason, kind): (Cause, &str, Option<&str>)) {
    if cause == LoggedInElsewhere {
        plan.settings.max_tokens = NonZeroU32::new(1);
    }
    let site = plan.on(engine).await;
    for credential in Credential::ALL {
        let what = format!("{cause:?}, {credential:?}, {engine:?}");
        let role = if cause == RoleChanged { Role::Superuser } else { Role::Member };
        let mut person = site.signed_in(role).await;
        let mut program = person.program();
        assert!(program.logs_in_for(credential).await.status < 300, "{what}");
        for _ in 0..2 {
            assert!(program.is_logged_in().await, "{what}: it must be logged in first"); // from the database, and from memory
        }
        let of_kind = kind
            .map(|kind| format!("SELECT COUNT(*) FROM curfew_events WHERE kind = '{kind}' AND reason = '{reason}'"));
        let before = match &of_kind {
            Some(sql) => site.database.number(sql).await,
            None => 0,
        };

        end(&site, cause, credential, &mut person, &program).await;

        for time in ["at the next call", "and again"] {
            let refused = program.clone().uses(credential).await;
            let code = if cause == Expired { "token_expired" } else { "session_ended" };
            assert_eq!((refused.status, refused.code()), (401, code), "{what} {time}: {refused:?}");
            assert_eq!(refused.reason(), Some(reason), "{what} {time}: {refused:?}");
            let words = cause.has_user_reason().then_some(USER_REASON);
            assert_eq!(refused.json["user_reason"].as_str(), words, "{what} {time}: {refused:?}");
        }
        if let Some(sql) = &of_kind {
            assert_eq!(site.database.number(sql).await, before + 1, "{what}: one event");
        }
    }
}

/// Ends the login of a person's API client.
async fn end(site: &Site, cause: Cause, credential: Credential, person: &mut Person<'_>, program: &Program<'_>) {
    let (operator, target) = (Actor::operator("test"), Target::Id(person.id));
    let now = ForceLogoutMoment::Now;
    let soon = ForceLogoutMoment::At(site.accounts().store().clock().process_now() + TimeDelta::minutes(2));
    match cause {
        ForcedOutOnAPage => {
            site.signed_in(Role::Staff).await.forces_out(person).await.must_be(303);
        }
        ForcedOutOverTheApi | DeactivatedOverTheApi => {
            let staff = site.person(Role::Staff).await.program_with_token().await;
            let verb = if cause == ForcedOutOverTheApi { "force-logout" } else { "deactivate" };
            let body = json!({ "staff_reason": STAFF_REASON, "user_reason": USER_REASON });
            staff.posts(&format!("/api/users/{}/{verb}", person.name), &body).await.must_be(200);
        }
        ForcedOutAtTheCommandLine => {
            site.accounts().force_logout(&operator, &target, now, &reasons()).await.expect("a force logout");
        }
        ScheduledForThem => {
            site.accounts().force_logout(&operator, &target, soon, &reasons()).await.expect("a scheduled force logout");
            assert!(program.is_logged_in().await, "not yet");
            site.shift_clock(TimeDelta::minutes(3));
        }
        EveryoneOut => {
            site.accounts().force_everyone_out(&operator, now, &reasons()).await.expect("a force logout");
        }
        EveryoneOutScheduled => {
            site.accounts().force_everyone_out(&operator, soon, &reasons()).await.expect("a scheduled force logout");
            assert!(program.is_logged_in().await, "not yet");
            site.shift_clock(TimeDelta::minutes(3));
        }
        DeactivatedOnAPage => {
            site.signed_in(Role::Staff).await.deactivates(person, "").await.must_be(303);
        }
        PasswordChanged => {
            person.changes_password("a lamp at sea").await.must_be(303);
            assert!(person.is_logged_in().await, "the session that proved the password continues");
        }
        RoleChanged => {
            site.person(Role::Superuser).await; // so that the target is not the last superuser
            let change = site.accounts().set_role(&operator, &target, Role::Staff).await.expect("a role change");
            assert!(matches!(change, RoleChange::Lowered(_)), "{change:?}");
        }
        TakenBack => site.takes_back(person.id, &person.email).await,
        Deleted => drop(site.accounts().delete_user(&operator, &target, &reasons()).await.expect("a deletion")),
        LoggedInElsewhere => {
            let other = if credential == Credential::Opaque { Credential::Access } else { Credential::Opaque };
            let mut elsewhere = person.program();
            assert!(elsewhere.logs_in_for(other).await.status < 300);
            assert!(elsewhere.is_logged_in().await, "the newest login is in");
        }
        EndedByUser => {
            let password = person.password.clone();
            person.posts("/account/sessions/end-others", &[("password", &password)]).await.must_be(303);
        }
        LoggedOut => match credential {
            Credential::Opaque => {
                program.deletes(&format!("/api/tokens/{}", program.opaque_id)).await.must_be(204);
            }
            Credential::Access | Credential::Refresh => {
                program.revokes().await.must_be(204);
            }
        },
        Expired => site.shift_clock(TimeDelta::hours(72)),
    }
}

fn reasons() -> Reasons {
    let reason = |text| ReasonText::parse(text).expect("a reason");
    Reasons { for_staff: reason(STAFF_REASON), for_user: reason(USER_REASON) }
}

/// What an administrator changes with SQL, and the code and reason for access and refresh tokens and for opaque ones.
type ByHand = (&'static str, [(&'static str, Option<&'static str>); 2]);

const FORCED_OUT: (&str, Option<&str>) = ("session_ended", Some("forced-out"));
const GONE: (&str, Option<&str>) = ("token_expired", Some("expired"));
const INVALID: (&str, Option<&str>) = ("token_invalid", None);

/// `NOW` stands for the current time in the engine's own format, `ID` for the user id.
const BY_HAND: [ByHand; 9] = [
    (
        "UPDATE curfew_users SET is_active = FALSE WHERE id = ID",
        [("session_ended", Some("deactivated")), ("session_ended", Some("deactivated"))],
    ),
    ("UPDATE curfew_users SET force_logout_date = NOW WHERE id = ID", [FORCED_OUT, FORCED_OUT]),
    (
        "UPDATE curfew_site SET force_logout_date = NOW",
        [("session_ended", Some("everyone-out")), ("session_ended", Some("everyone-out"))],
    ),
    ("UPDATE curfew_logins SET ended_at = NOW WHERE kind <> 'browser' AND user_id = ID", [FORCED_OUT, FORCED_OUT]),
    (
        "UPDATE curfew_logins SET ended_at = NOW, reason = 'logged-out' WHERE kind <> 'browser' AND user_id = ID",
        [("session_ended", Some("logged-out")), ("session_ended", Some("logged-out"))],
    ),
    ("UPDATE curfew_logins SET expires_at = NOW WHERE kind <> 'browser' AND user_id = ID", [GONE, GONE]),
    // The login's row is gone, as after a purge: nothing is left to say why it ended.
    ("DELETE FROM curfew_logins WHERE kind <> 'browser' AND user_id = ID", [GONE, INVALID]),
    ("DELETE FROM curfew_logins WHERE kind <> 'browser'", [GONE, INVALID]),
    (
        "DELETE FROM curfew_users WHERE id = ID",
        [("session_ended", Some("deleted")), ("session_ended", Some("deleted"))],
    ),
];

#[rocket::async_test]
async fn a_login_ended_by_sql_is_refused_at_the_next_call() {
    for engine in engines() {
        let redis = Redis::start().await;
        for redis in [None, redis.as_ref()] {
            // Without a soak, each engine once: SQLite without Redis, Postgres with it.
            if !is_soak() && redis.is_some() != (engine == Engine::Postgres) {
                continue;
            }
            for row in BY_HAND {
                check_by_hand(engine, redis.map(Redis::address), row).await;
            }
        }
    }
}

async fn check_by_hand(engine: Engine, redis: Option<RedisAddress>, (sql, [of_jwt, of_opaque]): ByHand) {
    let site = Plan { redis, ..Plan::default() }.on(engine).await;
    let person = site.person(Role::Member).await;
    let mut programs = Vec::new();
    for credential in Credential::ALL {
        let mut program = person.program();
        program.logs_in_for(credential).await;
        assert!(program.is_logged_in().await, "{sql}, {credential:?}, {engine:?}: it must be logged in first");
        programs.push((credential, program));
    }
    let now = match engine {
        Engine::Sqlite => "datetime('now', '+1 second')", // SQLite's datetime has whole seconds only
        Engine::Postgres => "now()",
    };
    site.database.execute(&sql.replace("NOW", now).replace("ID", &person.id.to_string())).await;
    if sql.contains("expires_at") && engine == Engine::Sqlite {
        site.shift_clock(TimeDelta::seconds(1));
    }
    for (credential, mut program) in programs {
        let what = format!("{sql}, {credential:?}, {engine:?}");
        let refused = program.uses(credential).await;
        let (code, reason) = if credential == Credential::Opaque { of_opaque } else { of_jwt };
        assert_eq!((refused.status, refused.code(), refused.reason()), (401, code, reason), "{what}: {refused:?}");
    }
}

#[rocket::async_test]
async fn a_purged_login_is_refused_with_the_reason_of_its_account() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for credential in Credential::ALL {
            let person = site.person(Role::Member).await;
            let mut program = person.program();
            program.logs_in_for(credential).await;
            assert!(program.is_logged_in().await);
            site.signed_in(Role::Staff).await.forces_out(&person).await.must_be(303);
            site.database.execute("DELETE FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NOT NULL").await;
            let refused = program.uses(credential).await;
            let (code, reason) = if credential == Credential::Opaque { INVALID } else { FORCED_OUT };
            assert_eq!((refused.status, refused.code(), refused.reason()), (401, code, reason), "{refused:?}");
        }
    }
}

#[rocket::async_test]
async fn ending_one_accounts_logins_leaves_other_accounts_tokens_alone() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let (ana, ben) = (site.person(Role::Member).await, site.person(Role::Member).await);
        let (of_ana, jwt, token) =
            (ana.program_with_token().await, ben.program_with_jwt().await, ben.program_with_token().await);
        let mut staff = site.signed_in(Role::Superuser).await;
        staff.forces_out(&ana).await.must_be(303);
        assert!(!of_ana.is_logged_in().await && jwt.is_logged_in().await && token.is_logged_in().await);
        staff.deactivates(&ana, "").await.must_be(303);
        staff.deletes(&ana).await.must_be(303);
        assert!(jwt.is_logged_in().await && token.is_logged_in().await);
        assert_eq!(jwt.clone().refreshes().await.status, 200);
    }
}

#[rocket::async_test]
async fn a_new_login_is_accepted_and_the_old_token_stays_refused() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for credential in Credential::ALL {
            let person = site.person(Role::Member).await;
            let mut staff = site.signed_in(Role::Staff).await;
            let mut old = person.program();
            old.logs_in_for(credential).await;
            staff.forces_out(&person).await.must_be(303);
            let mut new = person.program();
            new.logs_in_for(credential).await;
            assert!(new.is_logged_in().await, "{credential:?}");
            old.uses(credential).await.must_have_ended("forced-out");
            staff.deactivates(&person, "").await.must_be(303);
            staff.activates(&person).await.must_be(303);
            new.uses(credential).await.must_have_ended("deactivated");
            old.uses(credential).await.must_be(401);
        }
    }
}
