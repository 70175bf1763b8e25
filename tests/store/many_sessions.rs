//! An account with hundreds of sessions: a force logout ends them at once, and who ended them is written to the rows in
//! small batches.

use std::time::Instant;

use chrono::TimeDelta;
use curfew::{
    accounts::{ActivityOf, ForceLogoutMoment, ForceLogoutOutcome, RoleChange, StartedSession, Target, Which},
    domain::{
        logins::{counts::MOST_COUNTED, session_secret::SessionId},
        people::role::Role,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
    },
    settings::WhenFull,
};
use rocket::tokio::join;

use crate::{
    harness::quick_or_soak,
    house::{House, NEW_PASSWORD, PASSWORD, Person, new_password, on_each_engine, operator, password},
    raw::{count, run, texts},
    session_limit::{limited, log_in},
};

/// More than two batches.
const MANY: u64 = 1_201;

/// Logs in, and adds copies of the login until there are this many.
async fn logs_in_until(house: &House, ana: &Person, times: u64) -> StartedSession {
    let login = house.log_in(ana).await;
    let numbers = format!("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {})", times - 1);
    let copied = "user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent";
    let copy = format!(
        "INSERT INTO curfew_logins (id, {copied}) {numbers}
         SELECT s.id || '-' || n.n, {copied} FROM curfew_logins s CROSS JOIN n WHERE s.id = '{}'",
        login.id.as_str()
    );
    run(&house.store, &copy).await;
    login
}

async fn logs_in_many(house: &House, ana: &Person) -> StartedSession {
    logs_in_until(house, ana, MANY).await
}

async fn forced_out(house: &House, ana: &Person, why: &str) -> u64 {
    let reason = || ReasonText::parse(why).expect("a reason");
    let reasons = Reasons { for_staff: reason(), for_user: reason() };
    let done = house.accounts.force_logout(&operator(), &Target::Id(ana.id), ForceLogoutMoment::Now, &reasons).await;
    match done.expect("a force logout") {
        ForceLogoutOutcome::Done { ended, .. } => ended.sessions,
        other => panic!("an immediate force logout gave {other:?}"),
    }
}

#[rocket::async_test]
async fn all_sessions_end_at_once_and_each_records_who_ended_it_and_why() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = logs_in_many(house, &ana).await;
        assert_eq!(forced_out(house, &ana, "the first").await, MANY);
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut), "before any row is written");
        assert!(house.accounts.list_sessions(ana.id, Which::Live, 9).await.expect("a list").is_empty());
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NOT NULL").await, 0);

        // A later force logout must not claim sessions that the first one ended.
        logs_in_many(house, &ana).await;
        assert_eq!(forced_out(house, &ana, "the second").await, MANY);
        assert_eq!(forced_out(house, &ana, "the third").await, 0);
        house.accounts.write_ends().await.expect("the database answers");
        let recorded = "SELECT staff_reason || ', ' || user_reason || ', ' || reason || ', ' || COUNT(DISTINCT ended_at)
                           || ', ' || COUNT(ended_by) FROM curfew_logins GROUP BY staff_reason, user_reason, reason ORDER BY 1";
        let of = |why: &str| Some(format!("{why}, {why}, forced-out, 1, {MANY}"));
        assert_eq!(texts(&house.store, recorded).await, [of("the first"), of("the second")]);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_ends").await, 0);
    })
    .await;
}

/// No single login may hold the account's lock while it ends all of them.
#[rocket::async_test]
async fn after_a_limit_is_set_each_login_ends_some_sessions_until_it_is_met() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        logs_in_many(house, &ana).await;
        let accounts = limited(house, 2, WhenFull::EndOldest);
        for left in [MANY + 1 - 500, MANY + 2 - 1_000, 2] {
            log_in(&accounts, &ana).await;
            let live = count(&house.store, "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NULL").await;
            assert_eq!(live.unsigned_abs(), left);
        }
    })
    .await;
}

/// The date is one write and decides alone.
#[rocket::async_test]
async fn all_other_logins_end_however_many_there_are() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let own = logs_in_until(house, &ana, 4_500).await;
        let ended = house.accounts.end_other_logins(&ana.acting_from(&own), &password(PASSWORD), false).await;
        let (started, others) = ended.expect("an end");
        assert_eq!(others.sessions, 4_499);
        assert_eq!(house.verdict(&own).await, Err(EndReason::EndedByUser));
        assert_eq!(house.verdict(&started).await, Ok(()));
        house.accounts.write_ends().await.expect("the database answers");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NULL").await, 1);
        let recorded = "SELECT detail FROM curfew_events WHERE kind = 'session-ended'";
        assert_eq!(
            texts(&house.store, recorded).await,
            [Some("4499 sessions ended".to_owned())],
            "one event for all of them"
        );
    })
    .await;
}

/// The date is one write and decides alone, however many tokens there are.
#[rocket::async_test]
async fn many_tokens_end_at_once_and_each_records_why() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let numbers = format!("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MANY})");
        let made = house.log_in(&ana).await;
        let copy = format!(
            "INSERT INTO curfew_logins (id, user_id, kind, label, login_date, opened_at, expires_at, address, user_agent)
             {numbers}
             SELECT 'token-' || n.n, user_id, 'jwt', '', login_date, opened_at,
                    (SELECT force_logout_date FROM curfew_users WHERE username = 'far'), address, user_agent
             FROM curfew_logins CROSS JOIN n WHERE id = '{}'",
            made.id.as_str()
        );
        // A date far in the future, in each engine's own format.
        let far = house.member("far").await;
        let ahead = made.login_date + TimeDelta::days(365);
        let sql = format!("UPDATE curfew_users SET force_logout_date = '{}' WHERE id = {}", stored(house, ahead), far.id);
        run(&house.store, &sql).await;
        run(&house.store, &copy).await;

        let reasons = Reasons::default();
        let target = Target::Id(ana.id);
        let done = house.accounts.force_logout(&operator(), &target, ForceLogoutMoment::Now, &reasons).await;
        let ForceLogoutOutcome::Done { ended, .. } = done.expect("a force logout") else { panic!("not applied") };
        assert_eq!((ended.sessions, ended.tokens), (1, MANY));
        let left = "SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND ended_at IS NULL";
        assert_eq!(count(&house.store, left).await, i64::try_from(MANY).expect("a count"), "no row is written yet");
        house.accounts.write_ends().await.expect("the database answers");
        assert_eq!(count(&house.store, left).await, 0);
        let recorded =
            "SELECT COUNT(*) FROM curfew_logins WHERE kind <> 'browser' AND reason = 'forced-out' AND ended_by IS NOT NULL";
        assert_eq!(count(&house.store, recorded).await, i64::try_from(MANY).expect("a count"));
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_ends").await, 0);
    })
    .await;
}

/// Counting stops, so that no act takes longer for an account with a million logins. A soak has that many, and ends them
/// for every cause.
#[rocket::async_test]
async fn an_account_with_more_logins_than_are_counted_is_ended_like_any_other() {
    on_each_engine(async |house: &House| {
        let (root, why) = (operator(), Reasons::default());
        let causes: &[&str] =
            quick_or_soak(&["force"], &["force", "deactivate", "password", "role", "own password", "others", "delete"]);
        for cause in causes {
            let ana = house.person(&format!("ana {cause}").replace(' ', "-"), Role::Staff).await;
            let many = quick_or_soak(MOST_COUNTED + 2, 1_000_000);
            let login = logs_in_until(house, &ana, many).await;
            let promised = house.accounts.count_live_logins(ana.id).await.expect("a count");
            let (accounts, target, own, actor) =
                (&house.accounts, ana.target(), password(PASSWORD), ana.acting_from(&login));
            let begun = Instant::now();
            let ended = match *cause {
                "force" => match house.force_logout(&ana, ForceLogoutMoment::Now).await {
                    ForceLogoutOutcome::Done { ended, .. } => ended,
                    other => panic!("{other:?}"),
                },
                "deactivate" => accounts.deactivate(&root, &target, None, &why).await.expect("a deactivation"),
                "password" => {
                    accounts.set_password(&root, &target, &new_password(NEW_PASSWORD)).await.expect("a password")
                }
                "role" => match accounts.set_role(&root, &target, Role::Member).await.expect("a role") {
                    RoleChange::Lowered(ended) => ended,
                    other => panic!("{other:?}"),
                },
                "own password" => {
                    let new = new_password(NEW_PASSWORD);
                    accounts.change_password(&actor, &own, &new, false).await.expect("a password").1
                }
                "others" => accounts.end_other_logins(&actor, &own, false).await.expect("an end").1,
                _ => accounts.delete_user(&root, &target, &why).await.expect("a deletion"),
            };
            println!("{cause}: {many} logins ended in {:?}", begun.elapsed());
            assert!(ended.is_more() && promised.is_more(), "{cause}: {promised:?} {ended:?}");
            assert!(house.verdict(&login).await.is_err(), "{cause}");
        }
        let recorded = "SELECT detail FROM curfew_events WHERE kind = 'force-logout'";
        assert_eq!(texts(&house.store, recorded).await, [Some("more than 10000 logins ended".to_owned())]);
    })
    .await;
}

fn stored(house: &House, at: curfew::domain::moment::Moment) -> String {
    match house.store {
        curfew::store::Store::Sqlite { .. } => at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
        curfew::store::Store::Postgres { .. } => at.to_rfc3339(),
    }
}

#[rocket::async_test]
async fn two_concurrent_writers_do_the_work_only_once() {
    on_each_engine(async |house: &House| {
        for name in ["ana", "ben", "cleo"] {
            let person = house.member(name).await;
            logs_in_many(house, &person).await;
            assert_eq!(forced_out(house, &person, name).await, MANY);
        }
        let other = house.node();
        let (one, two) = join!(house.accounts.write_ends(), other.write_ends());
        assert!(one.is_ok() && two.is_ok());
        house.accounts.write_ends().await.expect("the rows that the other had locked");
        let right = "SELECT COUNT(*) FROM curfew_logins s JOIN curfew_users u ON u.id = s.user_id WHERE s.staff_reason = u.username";
        assert_eq!(count(&house.store, right).await, 3 * MANY.cast_signed());
    })
    .await;
}

/// Activity is written at the same time, also in one statement for many sessions.
#[rocket::async_test]
async fn writing_ends_and_activity_concurrently_does_not_deadlock() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for round in 0..8 {
            let login = logs_in_many(house, &ana).await;
            for n in 1..MANY {
                let session = SessionId::from_stored(format!("{}-{n}", login.id.as_str()));
                let at = login.login_date + TimeDelta::minutes(2);
                house.accounts.record_activity(ActivityOf { session: &session, ..house.activity(&login, at) });
            }
            assert_eq!(forced_out(house, &ana, "out").await, MANY);
            let (ends, seen) = join!(house.accounts.write_ends(), house.accounts.flush_activity());
            ends.and(seen).unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
    })
    .await;
}
