//! When users were last seen: recorded by a request, written soon after, in batches.

use std::time::Duration;

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, AccountsError, ClaimedLogin, StartedSession},
    domain::{logins::kind::LoginKind, moment::Moment, reason::EndReason},
    store::logins::{NewLogin, insert_login},
};
use rocket::{
    futures::FutureExt as _,
    tokio::{self, time::timeout},
};

use crate::{
    house::{House, on_each_engine},
    raw::{count, run},
};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

async fn last_seen(house: &House, login: &StartedSession) -> Moment {
    house.standing(login).await.login.expect("the session").state.last_seen
}

#[rocket::async_test]
async fn activity_counts_at_once_and_is_written_in_a_batch() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let logins = [house.log_in(&ana).await, house.log_in(&ana).await, house.log_in(&ben).await];
        let later = logins[2].login_date + MINUTE * 2;
        let moments = [later + MINUTE, later, later + MINUTE * 2];
        for (login, at) in logins.iter().zip(moments) {
            house.record_activity(login, at - MINUTE);
            house.record_activity(login, at);
            house.record_activity(login, at - MINUTE);
            assert_eq!(last_seen(house, login).await, login.login_date, "nothing is written yet");
        }
        house.flush().await;
        for (login, at) in logins.iter().zip(moments) {
            assert_eq!(last_seen(house, login).await, at);
        }
        assert_eq!(house.user(&ana).await.last_seen, Some(moments[0]), "the latest time of all sessions");
        assert_eq!(house.user(&ben).await.last_seen, Some(moments[2]));
    })
    .await;
}

#[rocket::async_test]
async fn pending_activity_never_revives_an_ended_session() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (gone, out) = (house.log_in(&ana).await, house.log_in(&ana).await);
        let later = out.login_date + MINUTE;
        house.record_activity(&gone, later);
        house.record_activity(&out, later);
        house.accounts.log_out(&ana.acting_from(&gone)).await.expect("a logout");
        house.force_out(&ana).await;
        house.flush().await;
        for (login, reason) in [(&gone, EndReason::LoggedOut), (&out, EndReason::ForcedOut)] {
            assert_eq!(house.verdict(login).await, Err(reason));
            assert_eq!(last_seen(house, login).await, login.login_date, "{reason:?}");
        }
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NULL").await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn a_session_is_written_at_most_once_per_minute_by_all_nodes_together() {
    on_each_engine(async |house: &House| {
        let login = house.log_in(&house.member("ana").await).await;
        let (mut written, node) = (login.login_date, house.node());
        for seconds in 1..200 {
            let at = login.login_date + TimeDelta::seconds(seconds);
            let on = if seconds % 2 == 0 { &node } else { &house.accounts };
            on.record_activity(house.activity(&login, at));
            on.flush_activity().await.expect("the activity is written");
            let seen = last_seen(house, &login).await;
            assert!(seen == written || seen - written >= MINUTE, "{written} then {seen}");
            written = seen;
        }
        assert_eq!(written, login.login_date + MINUTE * 3);
    })
    .await;
}

#[rocket::async_test]
async fn activity_is_recorded_after_a_minute_or_a_tenth_of_a_short_idle_timeout() {
    on_each_engine(async |house: &House| {
        let mut limits = house.accounts.settings().limits(curfew::Role::Member);
        let at = house.now().await;
        for (idle, lag) in [(limits.idle, MINUTE), (Duration::from_secs(100), TimeDelta::seconds(10))] {
            limits.idle = idle;
            assert!(Accounts::is_worth_recording(at - lag, limits, at));
            assert!(!Accounts::is_worth_recording(at - lag + TimeDelta::microseconds(1), limits, at));
            assert!(!Accounts::is_worth_recording(at + MINUTE, limits, at), "not after the clock stepped back");
        }
    })
    .await;
}

#[rocket::async_test]
async fn every_batch_is_written() {
    on_each_engine(async |house: &House| {
        let login = house.log_in(&house.member("ana").await).await;
        let at = login.login_date + MINUTE;
        let mut tx = house.store.begin().await.expect("a transaction");
        for user_id in 1000..1600 {
            let id = curfew::domain::logins::public_id::PublicId::from_random(rand::random());
            let new = NewLogin {
                id: &id,
                user_id,
                kind: LoginKind::Browser,
                secret_hash: Some(&login.secret.hash()),
                remember: false,
                label: None,
                login_date: login.login_date,
                opened_at: login.login_date,
                expires_at: None,
                address: "",
                user_agent: "",
            };
            insert_login(&mut tx, &new).await.expect("a session");
            house.record_activity(&StartedSession { id, user_id, ..login.clone() }, at);
        }
        tx.commit().await.expect("a commit");
        house.flush().await;
        let written = "SELECT COUNT(*) FROM curfew_logins WHERE last_seen > login_date";
        assert_eq!(count(&house.store, written).await, 600);
    })
    .await;
}

#[rocket::async_test]
async fn activity_that_cannot_be_written_is_retried() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let at = login.login_date + MINUTE;
        house.record_activity(&login, at);
        run(&house.store, "ALTER TABLE curfew_logins RENAME TO logins_elsewhere").await;
        let failed = house.accounts.flush_activity().await;
        assert!(matches!(failed, Err(AccountsError::Store(_))), "{failed:?}");
        run(&house.store, "ALTER TABLE logins_elsewhere RENAME TO curfew_logins").await;
        assert_ne!(house.user(&ana).await.last_seen, Some(at), "all of the batch, or nothing");
        house.flush().await;
        assert_eq!(last_seen(house, &login).await, at);
    })
    .await;
}

#[rocket::async_test]
async fn an_interrupted_write_loses_nothing() {
    on_each_engine(async |house: &House| {
        let login = house.log_in(&house.member("ana").await).await;
        let at = login.login_date + MINUTE;
        house.record_activity(&login, at);
        for polls in 0..6 {
            let mut flush = Box::pin(house.accounts.flush_activity());
            for _ in 0..polls {
                if (&mut flush).now_or_never().is_some() {
                    break; // a fast database finished first
                }
                tokio::task::yield_now().await;
            }
        }
        house.flush().await;
        assert_eq!(last_seen(house, &login).await, at);
    })
    .await;
}

#[rocket::async_test]
async fn unwritten_activity_counts_for_the_idle_timeout() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (login, other) = (house.log_in(&ana).await, house.log_in(&ana).await);
        let idle = TimeDelta::from_std(house.accounts.settings().session_idle).expect("a delta");
        house.record_activity(&login, login.login_date + idle - TimeDelta::seconds(1));
        house.store.clock().shift(idle + TimeDelta::seconds(1));
        let judge = async |login: &StartedSession| {
            let standing = house.standing(login).await;
            let claimed = ClaimedLogin { user_id: login.user_id, session: &login.id, login_date: login.login_date };
            house.accounts.check_login(claimed, &standing).1
        };
        assert_eq!(judge(&login).await, Ok(()));
        assert_eq!(judge(&other).await, Err(EndReason::Idle), "another session's activity must not count");
        house.store.clock().shift(idle);
        assert_eq!(judge(&login).await, Err(EndReason::Idle));
    })
    .await;
}

#[rocket::async_test]
async fn activity_is_written_in_the_background_again_and_again() {
    on_each_engine(async |house: &House| {
        let login = house.log_in(&house.member("ana").await).await;
        let writing = house.accounts.clone();
        let writing = tokio::spawn(async move { writing.keep_flushing_activity().await });
        for minutes in 1..3 {
            let at = login.login_date + MINUTE * minutes;
            house.record_activity(&login, at);
            let written = async {
                while last_seen(house, &login).await != at {
                    tokio::task::yield_now().await;
                }
            };
            timeout(Duration::from_secs(20), written).await.expect("the write succeeds");
        }
        writing.abort();
    })
    .await;
}
