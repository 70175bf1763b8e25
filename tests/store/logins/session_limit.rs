//! The limit on sessions per account, for every way to log in.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, AccountsError, ActivityOf, ForceLogoutMoment, Result, StartedSession},
    domain::{moment::Moment, people::role::Role, reason::EndReason},
    settings::WhenFull,
    store::events::list_newest_events_of,
};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, Person, client, credentials, new_password, on_each_engine, operator, password,
        run_concurrently,
    },
    raw::{count, run, texts},
};

/// The use cases with this limit for every role.
pub fn limited(house: &House, limit: u32, when_full: WhenFull) -> Accounts {
    house.accounts_with(|settings| {
        settings.max_sessions = NonZeroU32::new(limit);
        settings.staff_max_sessions = NonZeroU32::new(limit);
        settings.when_full = when_full;
    })
}

pub async fn try_log_in(accounts: &Accounts, person: &Person) -> Result<StartedSession> {
    accounts.log_in(&client(), &credentials(&person.name, PASSWORD)).await
}

pub async fn log_in(accounts: &Accounts, person: &Person) -> StartedSession {
    try_log_in(accounts, person).await.expect("a login with the right password")
}

async fn log_in_times(accounts: &Accounts, person: &Person, times: usize) -> Vec<StartedSession> {
    let mut logins = Vec::new();
    for _ in 0..times {
        logins.push(log_in(accounts, person).await);
    }
    logins
}

async fn twenty_concurrently(accounts: &Accounts, person: &Person) -> Vec<Result<StartedSession>> {
    let acts = (0..20).map(|_| {
        let (accounts, person) = (accounts.clone(), person.clone());
        async move { try_log_in(&accounts, &person).await }
    });
    run_concurrently(acts.collect()).await
}

#[track_caller]
pub fn must_be_full(outcome: &Result<StartedSession>, expected: (u64, u64)) {
    match outcome {
        Err(AccountsError::SessionsFull { live, limit }) => assert_eq!((*live, *limit), expected),
        other => panic!("not refused because of the limit: {other:?}"),
    }
}

/// The logins that the standing check accepts.
async fn live_among(house: &House, logins: &[StartedSession]) -> Vec<usize> {
    let mut live = Vec::new();
    for (place, login) in logins.iter().enumerate() {
        if house.verdict(login).await.is_ok() {
            live.push(place);
        }
    }
    live
}

async fn events(house: &House, kind: &str) -> i64 {
    count(&house.store, &format!("SELECT COUNT(*) FROM curfew_events WHERE kind = '{kind}'")).await
}

/// The number of sessions ended by logins, according to their events.
async fn ended_by_logins(house: &House) -> i64 {
    let sql = "SELECT detail FROM curfew_events WHERE kind = 'login' AND reason = 'logged-in-elsewhere'";
    let number = |detail: &String| detail.split(' ').next().and_then(|n| n.parse::<i64>().ok()).expect("a count");
    texts(&house.store, sql).await.iter().flatten().map(number).sum()
}

#[rocket::async_test]
async fn twenty_concurrent_logins_leave_as_many_sessions_as_allowed() {
    for (limit, left) in [(1, 1), (3, 3)] {
        on_each_engine(async |house: &House| {
            let accounts = limited(house, limit, WhenFull::EndOldest);
            let ana = house.member("ana").await;
            let mut logins = Vec::new();
            for round in 1..=3 {
                for login in twenty_concurrently(&accounts, &ana).await {
                    logins.push(login.expect("a login"));
                }
                assert_eq!(live_among(house, &logins).await.len(), left, "round {round}");
            }
            assert_eq!(events(house, "login").await, 60, "one event per login");
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, 61, "no other event");
            let ended = 60 - i64::from(limit);
            assert_eq!(ended_by_logins(house).await, ended);
            let recorded = "SELECT COUNT(*) FROM curfew_logins
                        WHERE reason = 'logged-in-elsewhere' AND ended_by = 'ana' AND ended_at IS NOT NULL";
            assert_eq!(count(&house.store, recorded).await, ended);
        })
        .await;
    }
}

#[rocket::async_test]
async fn concurrent_logins_above_the_limit_are_refused() {
    for (limit, room) in [(1, 1), (3, 3)] {
        on_each_engine(async |house: &House| {
            let accounts = limited(house, limit, WhenFull::RefuseNew);
            let ana = house.member("ana").await;
            let (made, refused): (Vec<_>, Vec<_>) =
                twenty_concurrently(&accounts, &ana).await.into_iter().partition(Result::is_ok);
            assert_eq!(made.len(), room);
            for outcome in &refused {
                must_be_full(outcome, (limit.into(), limit.into()));
            }
            let made: Vec<_> = made.into_iter().flatten().collect();
            assert_eq!(live_among(house, &made).await.len(), room);
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins").await, i64::from(limit));
            let recorded = (events(house, "login").await, events(house, "login-failed").await);
            assert_eq!(recorded, (i64::from(limit), 20 - i64::from(limit)));
            for outcome in twenty_concurrently(&accounts, &ana).await {
                must_be_full(&outcome, (limit.into(), limit.into()));
            }
            assert_eq!(live_among(house, &made).await.len(), room, "no session may end");
        })
        .await;
    }
}

#[rocket::async_test]
async fn the_least_recently_seen_session_ends_first() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let three = limited(house, 3, WhenFull::EndOldest);
        let mut logins = log_in_times(&three, &ana, 3).await;
        // The first session was seen two minutes after its login, the second one minute after its own.
        for (login, minutes) in [(&logins[0], 2), (&logins[1], 1)] {
            house.record_activity(login, login.login_date + TimeDelta::minutes(minutes));
        }
        house.flush().await;
        for live in [[0, 1, 3], [0, 1, 4]] {
            logins.push(log_in(&three, &ana).await);
            assert_eq!(live_among(house, &logins).await, live);
        }
        // Among sessions last seen at the same time, the older login ends; with equal login dates, the lower id.
        run(&house.store, "UPDATE curfew_logins SET last_seen = (SELECT MAX(last_seen) FROM curfew_logins)").await;
        logins.push(log_in(&three, &ana).await);
        assert_eq!(live_among(house, &logins).await, [1, 4, 5]);
        let latest = "(SELECT MAX(last_seen) FROM curfew_logins)";
        run(&house.store, &format!("UPDATE curfew_logins SET last_seen = {latest}, login_date = {latest}")).await;
        let mut places = vec![1, 4, 5];
        places.sort_by_key(|place| logins[*place].id.as_str());
        logins.push(log_in(&three, &ana).await);
        assert_eq!(live_among(house, &logins).await.len(), 3);
        assert!(house.verdict(&logins[places[0]]).await.is_err(), "{places:?}");
    })
    .await;
}

/// Why a session has ended, mostly without a change to its row.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Expired,
    Idle,
    ForcedOutBySql,
    EveryoneOut,
    LoggedOut,
}

const CAUSES: [(Cause, EndReason); 5] = [
    (Cause::Expired, EndReason::Expired),
    (Cause::Idle, EndReason::Idle),
    (Cause::ForcedOutBySql, EndReason::ForcedOut),
    (Cause::EveryoneOut, EndReason::EveryoneOut),
    (Cause::LoggedOut, EndReason::LoggedOut),
];

impl Cause {
    async fn end_session(self, house: &House, ana: &Person, login: &StartedSession) {
        match self {
            Self::Expired => {
                let seen = login.login_date + TimeDelta::days(13);
                house.record_activity(login, seen);
                house.flush().await;
                house.store.clock().shift(TimeDelta::days(14));
            }
            // The minute during which activity may be unwritten counts as use.
            Self::Idle => house.store.clock().shift(TimeDelta::days(3) + TimeDelta::minutes(1)),
            Self::ForcedOutBySql => {
                run(&house.store, "UPDATE curfew_users SET force_logout_date = last_login_date").await;
            }
            Self::EveryoneOut => drop(house.everyone_out(ForceLogoutMoment::Now).await),
            Self::LoggedOut => house.accounts.log_out(&ana.acting_from(login)).await.expect("a logout"),
        }
    }
}

#[rocket::async_test]
async fn ended_sessions_neither_count_nor_end_again() {
    for (cause, why) in CAUSES {
        for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
            on_each_engine(async |house: &House| {
                let ana = house.member("ana").await;
                let two = limited(house, 2, when_full);
                let dead = log_in(&two, &ana).await;
                cause.end_session(house, &ana, &dead).await;
                assert_eq!(house.verdict(&dead).await, Err(why));
                let logins = log_in_times(&two, &ana, 2).await;
                assert_eq!(live_among(house, &logins).await, [0, 1], "{cause:?}: both fit under the limit");
                match (when_full, try_log_in(&two, &ana).await) {
                    (WhenFull::RefuseNew, outcome) => must_be_full(&outcome, (2, 2)),
                    (WhenFull::EndOldest, outcome) => assert!(outcome.is_ok(), "{cause:?}: {outcome:?}"),
                }
                let ended = i64::from(when_full == WhenFull::EndOldest);
                assert_eq!(ended_by_logins(house).await, ended, "{cause:?}");
                assert_eq!(house.verdict(&dead).await, Err(why), "the session must keep its own reason");
            })
            .await;
        }
    }
}

#[rocket::async_test]
async fn an_expired_or_idle_session_makes_room() {
    for limit_in_time in [TimeDelta::days(3), TimeDelta::days(14)] {
        on_each_engine(async |house: &House| {
            let ana = house.member("ana").await;
            let one = limited(house, 1, WhenFull::RefuseNew);
            let login = log_in(&one, &ana).await;
            if limit_in_time > TimeDelta::days(3) {
                // Active until the end.
                let seen = login.login_date + limit_in_time - TimeDelta::hours(1);
                house.record_activity(&login, seen);
                house.flush().await;
            }
            house.store.clock().shift(limit_in_time - TimeDelta::minutes(1));
            must_be_full(&try_log_in(&one, &ana).await, (1, 1));
            // The minute during which activity may be unwritten counts as use.
            house.store.clock().shift(TimeDelta::minutes(2));
            log_in(&one, &ana).await;
        })
        .await;
    }
}

#[rocket::async_test]
async fn a_lowered_limit_applies_from_the_next_login() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut logins = log_in_times(&house.accounts, &ana, 5).await;
        must_be_full(&try_log_in(&limited(house, 2, WhenFull::RefuseNew), &ana).await, (5, 2));
        assert_eq!(live_among(house, &logins).await, [0, 1, 2, 3, 4]);
        logins.push(log_in(&limited(house, 2, WhenFull::EndOldest), &ana).await);
        assert_eq!(live_among(house, &logins).await, [4, 5]);
        assert_eq!(ended_by_logins(house).await, 4);
        logins.extend(log_in_times(&house.accounts, &ana, 5).await);
        assert_eq!(live_among(house, &logins).await.len(), 7, "without the lowered limit all logins stay");
    })
    .await;
}

#[rocket::async_test]
async fn the_role_decides_the_limit() {
    on_each_engine(async |house: &House| {
        let accounts = house.accounts_with(|settings| {
            settings.max_sessions = NonZeroU32::new(3);
            settings.staff_max_sessions = NonZeroU32::new(1);
        });
        for (role, live) in [(Role::Member, 3), (Role::Staff, 1), (Role::Superuser, 1)] {
            let person = house.person(role.code(), role).await;
            let logins = log_in_times(&accounts, &person, 4).await;
            assert_eq!(live_among(house, &logins).await.len(), live, "{role}");
        }
        let ana = house.member("ana").await;
        let mut logins = log_in_times(&accounts, &ana, 3).await;
        accounts.set_role(&operator(), &ana.target(), Role::Staff).await.expect("a promotion");
        logins.push(log_in(&accounts, &ana).await);
        assert_eq!(live_among(house, &logins).await, [3]);
    })
    .await;
}

#[rocket::async_test]
async fn each_users_sessions_are_counted_separately() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
            let others = log_in_times(&house.accounts, &ben, 2).await;
            log_in(&limited(house, 1, when_full), &ana).await;
            assert_eq!(live_among(house, &others).await, [0, 1]);
            house.force_out(&ana).await;
        }
    })
    .await;
}

#[rocket::async_test]
async fn only_the_correct_password_learns_of_the_limit_and_never_counts_as_a_failure() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let one = limited(house, 1, WhenFull::RefuseNew);
        let login = log_in(&one, &ana).await;
        for _ in 0..30 {
            must_be_full(&try_log_in(&one, &ana).await, (1, 1));
        }
        let wrong = one.log_in(&client(), &credentials("ana", NEW_PASSWORD)).await;
        assert!(matches!(wrong, Err(AccountsError::BadCredentials)), "{wrong:?}");
        let mut on = house.store.read().await.expect("a connection");
        let recorded = list_newest_events_of(&mut on, ana.id, 2).await.expect("an answer");
        let recorded: Vec<_> = recorded.iter().map(|event| (event.kind.as_str(), event.detail.as_deref())).collect();
        let full = Some("the account is full; live sessions: 1, allowed: 1");
        assert_eq!(recorded, [("login-failed", None), ("login-failed", full)]);
        assert_eq!(house.verdict(&login).await, Ok(()));
        one.log_out(&ana.acting_from(&login)).await.expect("a logout");
        log_in(&one, &ana).await;
    })
    .await;
}

#[rocket::async_test]
async fn a_password_change_works_under_any_limit() {
    for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
        on_each_engine(async |house: &House| {
            let ana = house.member("ana").await;
            let logins = log_in_times(&house.accounts, &ana, 3).await;
            let (one, actor) = (limited(house, 1, when_full), ana.acting_from(&logins[0]));
            let goes_on = one
                .change_password(&actor, &password(PASSWORD), &new_password(NEW_PASSWORD), false)
                .await
                .map(|(started, _)| started);
            assert_eq!(house.verdict(&goes_on.expect("a change")).await, Ok(()));
            for login in &logins {
                assert_eq!(house.verdict(login).await, Err(EndReason::PasswordChanged));
            }
            let mut on = house.store.read().await.expect("a connection");
            let recorded = list_newest_events_of(&mut on, ana.id, 1).await.expect("an answer").remove(0);
            assert_eq!(recorded.detail.as_deref(), Some("2 sessions ended"));
        })
        .await;
    }
}

#[rocket::async_test]
async fn concurrent_logins_logouts_requests_and_force_logouts_never_deadlock_or_exceed_the_limit() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let two = limited(house, 2, WhenFull::EndOldest);
        for round in 0..20 {
            let before = log_in_times(&two, &ana, 2).await;
            let later = house.now().await + TimeDelta::minutes(2);
            let logins = (0..6).map(|_| Act::LogIn);
            let requests = before.iter().map(|login| Act::Request(login.clone(), later));
            let logouts = before.iter().skip(1).map(|login| Act::LogOut(login.clone()));
            let force_outs = (round % 2 == 0).then_some(Act::ForceOut);
            let acts = logins.chain(requests).chain(logouts).chain(force_outs).map(|act| {
                let (accounts, ana) = (two.clone(), ana.clone());
                async move { act.perform(&accounts, &ana).await }
            });
            let outcomes = run_concurrently(acts.collect()).await;
            let made = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|error| panic!("{round}: {error}")));
            let all: Vec<_> = made.flatten().chain(before).collect();
            let live = live_among(house, &all).await.len();
            // The logout may happen last, after all the logins.
            assert!(live <= 2 && (live >= 1 || round % 2 == 0), "round {round}: {live}");
        }
    })
    .await;
}

/// Concurrent operations on one account.
enum Act {
    LogIn,
    Request(StartedSession, Moment),
    LogOut(StartedSession),
    ForceOut,
}

impl Act {
    async fn perform(self, accounts: &Accounts, ana: &Person) -> Result<Option<StartedSession>> {
        match self {
            Self::LogIn => return try_log_in(accounts, ana).await.map(Some),
            Self::Request(login, at) => {
                let limits = accounts.settings().limits(ana.role);
                let session = &login.id;
                accounts.record_activity(ActivityOf { user_id: ana.id, session, limits, at });
                accounts.flush_activity().await?;
            }
            Self::LogOut(login) => accounts.log_out(&ana.acting_from(&login)).await?,
            Self::ForceOut => {
                let (root, now) = (operator(), ForceLogoutMoment::Now);
                accounts.force_logout(&root, &ana.target(), now, &crate::house::reasons()).await?;
            }
        }
        Ok(None)
    }
}
