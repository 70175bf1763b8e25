//! How many sessions an account may have at once, however its people log in.

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
        House, NEW_PASSWORD, PASSWORD, Person, at_once, client, credentials, new_password, on_each_engine, operator,
        password,
    },
    raw::{count, run, texts},
};

/// The use cases where people of any role may have so many sessions.
pub fn limited(house: &House, limit: u32, when_full: WhenFull) -> Accounts {
    house.accounts_with(|settings| {
        settings.member_max_sessions = NonZeroU32::new(limit);
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

async fn twenty_at_once(accounts: &Accounts, person: &Person) -> Vec<Result<StartedSession>> {
    let acts = (0..20).map(|_| {
        let (accounts, person) = (accounts.clone(), person.clone());
        async move { try_log_in(&accounts, &person).await }
    });
    at_once(acts.collect()).await
}

#[track_caller]
pub fn must_be_full(outcome: &Result<StartedSession>, expected: (u64, u64)) {
    match outcome {
        Err(AccountsError::SessionsFull { live, limit }) => assert_eq!((*live, *limit), expected),
        other => panic!("not refused for being full: {other:?}"),
    }
}

/// Those logins among them that the one rule accepts.
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

/// How many sessions the events of logins say that they ended.
async fn ended_by_logins(house: &House) -> i64 {
    let sql = "SELECT detail FROM curfew_events WHERE kind = 'login' AND reason = 'logged-in-elsewhere'";
    let number = |detail: &String| detail.split(' ').next().and_then(|n| n.parse::<i64>().ok()).expect("a count");
    texts(&house.store, sql).await.iter().flatten().map(number).sum()
}

#[rocket::async_test]
async fn of_twenty_logins_at_the_same_instant_as_many_stay_as_may() {
    for (limit, left) in [(1, 1), (3, 3)] {
        on_each_engine(async |house: &House| {
            let accounts = limited(house, limit, WhenFull::EndOldest);
            let ana = house.member("ana").await;
            let mut logins = Vec::new();
            for round in 1..=3 {
                for login in twenty_at_once(&accounts, &ana).await {
                    logins.push(login.expect("a login"));
                }
                assert_eq!(live_among(house, &logins).await.len(), left, "round {round}");
            }
            assert_eq!(events(house, "login").await, 60, "one event a login");
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, 61, "and none besides");
            let ended = 60 - i64::from(limit);
            assert_eq!(ended_by_logins(house).await, ended);
            let told = "SELECT COUNT(*) FROM curfew_logins
                        WHERE reason = 'logged-in-elsewhere' AND ended_by = 'ana' AND ended_at IS NOT NULL";
            assert_eq!(count(&house.store, told).await, ended);
        })
        .await;
    }
}

#[rocket::async_test]
async fn of_twenty_logins_at_the_same_instant_those_that_find_no_room_are_refused() {
    for (limit, room) in [(1, 1), (3, 3)] {
        on_each_engine(async |house: &House| {
            let accounts = limited(house, limit, WhenFull::RefuseNew);
            let ana = house.member("ana").await;
            let (made, refused): (Vec<_>, Vec<_>) =
                twenty_at_once(&accounts, &ana).await.into_iter().partition(Result::is_ok);
            assert_eq!(made.len(), room);
            for outcome in &refused {
                must_be_full(outcome, (limit.into(), limit.into()));
            }
            let made: Vec<_> = made.into_iter().flatten().collect();
            assert_eq!(live_among(house, &made).await.len(), room);
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins").await, i64::from(limit));
            let told = (events(house, "login").await, events(house, "login-failed").await);
            assert_eq!(told, (i64::from(limit), 20 - i64::from(limit)));
            for outcome in twenty_at_once(&accounts, &ana).await {
                must_be_full(&outcome, (limit.into(), limit.into()));
            }
            assert_eq!(live_among(house, &made).await.len(), room, "nobody is put out");
        })
        .await;
    }
}

#[rocket::async_test]
async fn the_session_that_was_unseen_for_longest_goes_first() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let three = limited(house, 3, WhenFull::EndOldest);
        let mut logins = log_in_times(&three, &ana, 3).await;
        // The first was seen two minutes after its login, and the second a minute after its own.
        for (login, minutes) in [(&logins[0], 2), (&logins[1], 1)] {
            house.note(login, login.login_date + TimeDelta::minutes(minutes));
        }
        house.flush().await;
        for live in [[0, 1, 3], [0, 1, 4]] {
            logins.push(log_in(&three, &ana).await);
            assert_eq!(live_among(house, &logins).await, live);
        }
        // Seen at one moment, the older login goes; made at one moment too, the lesser id.
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

/// How a session comes to be out, mostly without a word in its row.
#[derive(Debug, Clone, Copy)]
enum Out {
    TooOld,
    Unused,
    ForcedByHand,
    WithEveryone,
    ByItsPerson,
}

const OUTS: [(Out, EndReason); 5] = [
    (Out::TooOld, EndReason::Expired),
    (Out::Unused, EndReason::Idle),
    (Out::ForcedByHand, EndReason::ForcedOut),
    (Out::WithEveryone, EndReason::EveryoneOut),
    (Out::ByItsPerson, EndReason::LoggedOut),
];

impl Out {
    async fn puts_out(self, house: &House, ana: &Person, login: &StartedSession) {
        match self {
            Self::TooOld => {
                let seen = login.login_date + TimeDelta::days(13);
                house.note(login, seen);
                house.flush().await;
                house.store.clock().shift(TimeDelta::days(14));
            }
            // The minute in which a request may not have been written counts as use.
            Self::Unused => house.store.clock().shift(TimeDelta::days(3) + TimeDelta::minutes(1)),
            Self::ForcedByHand => {
                run(&house.store, "UPDATE curfew_users SET force_logout_date = last_login_date").await;
            }
            Self::WithEveryone => drop(house.everyone_out(ForceLogoutMoment::Now).await),
            Self::ByItsPerson => house.accounts.log_out(&ana.acting_from(login)).await.expect("a logout"),
        }
    }
}

#[rocket::async_test]
async fn sessions_that_are_out_already_neither_count_nor_end_once_more() {
    for (out, why) in OUTS {
        for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
            on_each_engine(async |house: &House| {
                let ana = house.member("ana").await;
                let two = limited(house, 2, when_full);
                let dead = log_in(&two, &ana).await;
                out.puts_out(house, &ana, &dead).await;
                assert_eq!(house.verdict(&dead).await, Err(why));
                let logins = log_in_times(&two, &ana, 2).await;
                assert_eq!(live_among(house, &logins).await, [0, 1], "{out:?}: there was room for both");
                match (when_full, try_log_in(&two, &ana).await) {
                    (WhenFull::RefuseNew, outcome) => must_be_full(&outcome, (2, 2)),
                    (WhenFull::EndOldest, outcome) => assert!(outcome.is_ok(), "{out:?}: {outcome:?}"),
                }
                let ended = i64::from(when_full == WhenFull::EndOldest);
                assert_eq!(ended_by_logins(house).await, ended, "{out:?}");
                assert_eq!(house.verdict(&dead).await, Err(why), "it keeps its own reason");
            })
            .await;
        }
    }
}

#[rocket::async_test]
async fn a_session_past_its_limits_in_time_makes_room() {
    for limit_in_time in [TimeDelta::days(3), TimeDelta::days(14)] {
        on_each_engine(async |house: &House| {
            let ana = house.member("ana").await;
            let one = limited(house, 1, WhenFull::RefuseNew);
            let login = log_in(&one, &ana).await;
            if limit_in_time > TimeDelta::days(3) {
                // Seen until the end.
                let seen = login.login_date + limit_in_time - TimeDelta::hours(1);
                house.note(&login, seen);
                house.flush().await;
            }
            house.store.clock().shift(limit_in_time - TimeDelta::minutes(1));
            must_be_full(&try_log_in(&one, &ana).await, (1, 1));
            // The minute in which a request may not have been written counts as use.
            house.store.clock().shift(TimeDelta::minutes(2));
            log_in(&one, &ana).await;
        })
        .await;
    }
}

#[rocket::async_test]
async fn a_limit_that_was_lowered_holds_from_the_next_login_on() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut logins = log_in_times(&house.accounts, &ana, 5).await;
        must_be_full(&try_log_in(&limited(house, 2, WhenFull::RefuseNew), &ana).await, (5, 2));
        assert_eq!(live_among(house, &logins).await, [0, 1, 2, 3, 4]);
        logins.push(log_in(&limited(house, 2, WhenFull::EndOldest), &ana).await);
        assert_eq!(live_among(house, &logins).await, [4, 5]);
        assert_eq!(ended_by_logins(house).await, 4);
        logins.extend(log_in_times(&house.accounts, &ana, 5).await);
        assert_eq!(live_among(house, &logins).await.len(), 7, "and no longer than it stands");
    })
    .await;
}

#[rocket::async_test]
async fn the_role_decides_how_many_there_may_be() {
    on_each_engine(async |house: &House| {
        let accounts = house.accounts_with(|settings| {
            settings.member_max_sessions = NonZeroU32::new(3);
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
async fn one_persons_sessions_are_not_counted_for_another() {
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
async fn only_the_right_password_is_told_that_there_is_no_room_and_it_never_counts_as_a_failure() {
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
        let told = list_newest_events_of(&mut on, ana.id, 2).await.expect("an answer");
        let told: Vec<_> = told.iter().map(|event| (event.kind.as_str(), event.detail.as_deref())).collect();
        let full = Some("the account is full; live sessions: 1, allowed: 1");
        assert_eq!(told, [("login-failed", None), ("login-failed", full)]);
        assert_eq!(house.verdict(&login).await, Ok(()));
        one.log_out(&ana.acting_from(&login)).await.expect("a logout");
        log_in(&one, &ana).await;
    })
    .await;
}

#[rocket::async_test]
async fn a_changed_password_goes_on_whatever_the_limit_is() {
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
            let told = list_newest_events_of(&mut on, ana.id, 1).await.expect("an answer").remove(0);
            assert_eq!(told.detail.as_deref(), Some("2 sessions ended"));
        })
        .await;
    }
}

#[rocket::async_test]
async fn logins_logouts_requests_and_force_logouts_at_once_never_make_a_deadlock_nor_one_too_many() {
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
            let outcomes = at_once(acts.collect()).await;
            let made = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|error| panic!("{round}: {error}")));
            let all: Vec<_> = made.flatten().chain(before).collect();
            let live = live_among(house, &all).await.len();
            // The one who logs out may do so last, when all the others are in.
            assert!(live <= 2 && (live >= 1 || round % 2 == 0), "round {round}: {live}");
        }
    })
    .await;
}

/// What is done to one account at the same instant.
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
