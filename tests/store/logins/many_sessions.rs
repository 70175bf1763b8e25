//! An account with hundreds of sessions: a force logout ends them at once, and who ended them is written to the rows in
//! small batches.

use std::time::Instant;

use chrono::TimeDelta;
use curfew::{
    accounts::{
        AccountsError, ActivityOf, ForceLogoutMoment, ForceLogoutOutcome, RefreshClaim, RoleChange, StartedSession,
        Target, Which,
    },
    domain::{
        letters::link::{LinkPurpose, LinkToken},
        logins::{
            counts::{LoginCounts, MOST_COUNTED},
            kind::LoginClass,
            live::{LiveAfter, LiveByRole},
            public_id::PublicId,
        },
        moment::Moment,
        people::{login_name::LoginName, role::Role},
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
    },
    settings::WhenFull,
    store::{
        Pools,
        lists::{live_logins::count_live_site_logins, overview::count_few_live_sessions},
        logins::{list_live_by_last_seen, list_live_sessions, list_live_tokens},
    },
};
use rocket::tokio::join;

use crate::{
    harness::quick_or_soak,
    house::{
        House, LONG_AGO, NEW_PASSWORD, PASSWORD, Person, client, new_password, on_each_engine, operator, password,
    },
    logins::session_limit::{limited, log_in},
    raw::{count, run, texts, work_of},
};

/// More than two batches.
const MANY: u64 = 1_201;

/// Logs in, and adds copies of the login until there are this many.
async fn logs_in_until(house: &House, ana: &Person, times: u64) -> StartedSession {
    let login = house.log_in(ana).await;
    copy(house, &login, times - 1).await;
    login
}

/// Adds this many copies of a login, after the copies that there are.
async fn copy(house: &House, login: &StartedSession, times: u64) {
    insert_copies(house, login, times, ("browser", "last_seen, NULL")).await;
}

/// Adds this many tokens, made when that login was made.
async fn copy_as_tokens(house: &House, login: &StartedSession, times: u64) {
    copy_as(house, login, times, "jwt").await;
}

/// Adds this many tokens of a kind, made when that login was made.
async fn copy_as(house: &House, login: &StartedSession, times: u64, kind: &str) {
    let expiry = stored(house, login.login_date + TimeDelta::days(365));
    insert_copies(house, login, times, (kind, &format!("NULL, '{expiry}'"))).await;
}

async fn insert_copies(house: &House, login: &StartedSession, times: u64, (kind, seen_and_expiry): (&str, &str)) {
    let id = login.id.as_str();
    let there = count(&house.store, &format!("SELECT COUNT(*) FROM curfew_logins WHERE id LIKE '{id}-{kind}-%'")).await;
    let last = there.unsigned_abs() + times;
    // No two opaque tokens are the same.
    let secret = match (kind, &house.store.pools) {
        ("opaque", Pools::Sqlite { .. }) => "CAST('secret ' || n.n AS BLOB)",
        ("opaque", Pools::Postgres { .. }) => "CAST('secret ' || n.n AS BYTEA)",
        _ => "secret_hash",
    };
    let copied = "user_id, login_date, opened_at, address, user_agent";
    let sql = format!(
        "INSERT INTO curfew_logins (id, kind, label, secret_hash, {copied}, last_seen, expires_at)
         WITH RECURSIVE n (n) AS (SELECT {there} + 1 UNION ALL SELECT n + 1 FROM n WHERE n < {last})
         SELECT s.id || '-{kind}-' || n.n, '{kind}', '', {secret}, {copied}, {seen_and_expiry}
         FROM curfew_logins s CROSS JOIN n WHERE s.id = '{id}'"
    );
    run(&house.store, &sql).await;
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
        let made = house.log_in(&ana).await;
        copy_as_tokens(house, &made, MANY).await;

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

/// Nobody limits how often a program asks, and each of its requests would write up to 500 rows.
#[rocket::async_test]
async fn a_program_whose_login_has_ended_makes_the_site_write_no_row() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let name = LoginName::parse("ana").expect("a name");
        let credentials = (&name, &password(PASSWORD));
        let family = house.accounts.log_in_for_family(&client(), credentials).await.expect("a login");
        logs_in_many(house, &ana).await;
        forced_out(house, &ana, "out").await;
        let claim = RefreshClaim::of(&family);
        let refused = house.accounts.refresh(&client(), &claim).await;
        assert!(matches!(refused, Err(AccountsError::Ended { reason: EndReason::ForcedOut, .. })), "{refused:?}");
        house.accounts.log_out_family(&client(), &claim).await.expect("that is no error");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NOT NULL").await, 0);
    })
    .await;
}

/// Counting stops and lists end, so that no act takes longer for an account with a million logins. A soak has a million
/// of each kind, and ends them for every cause.
#[rocket::async_test]
async fn an_account_with_more_logins_than_are_counted_is_listed_and_ended_like_any_other() {
    on_each_engine(async |house: &House| {
        let ana = house.person("ana", Role::Staff).await;
        let login = logs_in_until(house, &ana, 2 * MOST_COUNTED).await;
        copy_as_tokens(house, &login, 2 * MOST_COUNTED).await;
        let many = work_of_lists(house, &ana, LONG_AGO).await;
        let more = quick_or_soak(10 * MOST_COUNTED, 1_000_000);
        copy(house, &login, more).await;
        copy_as_tokens(house, &login, more).await;
        copy_as(house, &login, quick_or_soak(MOST_COUNTED + 2, 1_000_000), "opaque").await;
        must_be_no_more(&work_of_lists(house, &ana, LONG_AGO).await, &many);
        // After a force logout, the rows of its logins are still there.
        let forced_out = LiveAfter { login: login.login_date, ..LONG_AGO };
        must_be_no_more(&work_of_lists(house, &ana, forced_out).await, &many);
        // What a force logout of everyone spares: nothing, although all these sessions were seen lately.
        let spared = LiveByRole { member: forced_out, staff: forced_out, now: house.now().await };
        let work = work_of(&house.store, async |on| {
            assert_eq!(count_few_live_sessions(on, &spared).await.expect("a count"), Some(0));
        });
        assert!(work.await < 1_000);
        // And the first tokens that it ends, although the table has as many sessions before them.
        let live = LiveByRole { member: LONG_AGO, staff: LONG_AGO, now: house.now().await };
        let work = work_of(&house.store, async |on| {
            let some = count_live_site_logins(on, LoginClass::Tokens, &live, None, 100).await;
            assert_eq!(some.expect("a count"), 100);
        });
        assert!(work.await < 20_000);

        let causes: &[&str] = quick_or_soak(&["force", "past"], &CAUSES);
        let password_hash = "SELECT password_hash FROM curfew_users WHERE username = 'ana'";
        let password_hash = texts(&house.store, password_hash).await.pop().flatten().expect("a hash");
        for cause in causes {
            let promised = house.accounts.count_live_logins(ana.id).await.expect("a count");
            let link = prepare(house, &ana, cause).await;
            let begun = Instant::now();
            let ended = end_all(house, (&ana, &login), cause, link).await;
            println!("{cause}: {more} logins of each kind and more ended in {:?}", begun.elapsed());
            assert!(ended.is_none_or(LoginCounts::is_more) && promised.is_more(), "{cause}: {promised:?} {ended:?}");
            assert!(house.verdict(&login).await.is_err(), "{cause}");
            // All logins are live again. It was a date that ended them, and no row says so yet.
            for revive in [
                &*format!(
                    "UPDATE curfew_users SET force_logout_date = NULL, force_logout_cause = NULL, is_active = TRUE, \
                     is_staff = TRUE, password_hash = '{password_hash}'"
                ),
                "UPDATE curfew_site SET force_logout_date = NULL",
                "DELETE FROM curfew_login_ends",
                &*format!("UPDATE curfew_logins SET ended_at = NULL, reason = NULL WHERE id = '{}'", login.id.as_str()),
            ] {
                run(&house.store, revive).await;
            }
        }
        let recorded = "SELECT detail FROM curfew_events WHERE kind = 'force-logout' AND subject_id IS NOT NULL";
        for detail in texts(&house.store, recorded).await {
            assert!(detail.as_ref().is_some_and(|text| text.contains("more than 10000 logins ended")), "{detail:?}");
        }
    })
    .await;
}

const CAUSES: [&str; 12] = [
    "force",
    "past",
    "due",
    "everyone",
    "deactivate",
    "role",
    "others",
    "own password",
    "password",
    "reset link",
    "not me",
    "delete",
];

/// What comes before the cause. Returns the link that it needs.
async fn prepare(house: &House, ana: &Person, cause: &str) -> Option<LinkToken> {
    let purpose = match cause {
        "reset link" => LinkPurpose::Reset,
        "not me" => LinkPurpose::NotMe,
        "due" => {
            house.force_logout(ana, ForceLogoutMoment::At(house.now().await + TimeDelta::seconds(10))).await;
            house.store.clock().shift(TimeDelta::seconds(11));
            return None;
        }
        _ => return None,
    };
    Some(house.link(purpose, ana, "ana@example.org").await)
}

/// Ends all logins of the account for this cause, and returns how many ended, if the cause says so.
async fn end_all(
    house: &House,
    (ana, login): (&Person, &StartedSession),
    cause: &str,
    link: Option<LinkToken>,
) -> Option<LoginCounts> {
    let (root, why) = (operator(), Reasons::default());
    let (accounts, target, own, actor) = (&house.accounts, ana.target(), password(PASSWORD), ana.acting_from(login));
    let force_out = async |moment| match house.force_logout(ana, moment).await {
        ForceLogoutOutcome::Done { ended, .. } => ended,
        other => panic!("{other:?}"),
    };
    let new = new_password(NEW_PASSWORD);
    Some(match (cause, link) {
        ("due", _) => {
            accounts.apply_all_due().await.expect("it is applied");
            return None;
        }
        ("everyone", _) => {
            house.everyone_out(ForceLogoutMoment::Now).await;
            return None;
        }
        ("reset link", Some(link)) => {
            accounts.reset_password(&client(), &link, &new).await.expect("a new password");
            return None;
        }
        ("not me", Some(link)) => {
            accounts.take_account_back(&client(), &link).await.expect("the owner takes it back");
            return None;
        }
        ("force", _) => force_out(ForceLogoutMoment::Now).await,
        ("past", _) => force_out(ForceLogoutMoment::At(house.now().await)).await,
        ("deactivate", _) => accounts.deactivate(&root, &target, None, &why).await.expect("a deactivation"),
        ("password", _) => accounts.set_password(&root, &target, &new).await.expect("a password"),
        ("role", _) => match accounts.set_role(&root, &target, Role::Member).await.expect("a role") {
            RoleChange::Lowered(ended) => ended,
            other => panic!("{other:?}"),
        },
        ("own password", _) => accounts.change_password(&actor, &own, &new, false).await.expect("a password").1,
        ("others", _) => accounts.end_other_logins(&actor, &own, false).await.expect("an end").1,
        _ => accounts.delete_user(&root, &target, &why).await.expect("a deletion"),
    })
}

/// The work for each list: live sessions, live tokens, and the sessions that the limit on sessions ends first.
async fn work_of_lists(house: &House, ana: &Person, live: LiveAfter) -> [u64; 3] {
    if let Pools::Postgres { .. } = house.store.pools {
        run(&house.store, "ANALYZE curfew_logins").await; // as Postgres does by itself within a minute
    }
    let work = [
        work_of(&house.store, async |on| {
            list_live_sessions(on, ana.id, &live, 100).await.expect("a list");
        })
        .await,
        work_of(&house.store, async |on| {
            list_live_tokens(on, ana.id, None, &live, (100, 0)).await.expect("a list");
        })
        .await,
        work_of(&house.store, async |on| {
            list_live_by_last_seen(on, ana.id, LoginClass::Sessions, &live, 500).await.expect("a list");
        })
        .await,
    ];
    println!("work: {work:?}");
    work
}

#[track_caller]
fn must_be_no_more(work: &[u64; 3], than: &[u64; 3]) {
    assert!(work.iter().zip(than).all(|(work, than)| *work <= than * 2), "{than:?} became {work:?}");
}

fn stored(house: &House, at: Moment) -> String {
    match house.store.pools {
        Pools::Sqlite { .. } => at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
        Pools::Postgres { .. } => at.to_rfc3339(),
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
                let session = PublicId::from_stored(format!("{}-browser-{n}", login.id.as_str()));
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
