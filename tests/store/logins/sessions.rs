//! How sessions are stored, listed, counted and ended.

use chrono::TimeDelta;
use curfew::{
    accounts::StartedSession,
    domain::{
        logins::{live::LiveAfter, public_id::PublicId},
        moment::MICROSECOND,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::logins::{
        self, Ending, LoginRow,
        last_seen::{Seen, set_last_seen},
    },
};

use crate::{
    house::{House, LONG_AGO, on_each_engine, reasons},
    raw::run,
};

async fn list(house: &House, user_id: i64) -> Vec<LoginRow> {
    let mut on = house.store.read().await.expect("a connection");
    logins::list_sessions(&mut on, user_id, (100, 0)).await.expect("a list")
}

async fn end(house: &House, login: &StartedSession, ending: Ending<'_>) -> bool {
    let mut tx = house.store.begin().await.expect("a transaction");
    let has_ended = logins::end_login(&mut tx, &login.id, ending).await.expect("an end");
    tx.commit().await.expect("a commit");
    has_ended
}

#[rocket::async_test]
async fn a_session_is_stored_as_created() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut credentials = crate::house::credentials("ana", crate::house::PASSWORD);
        for remember in [false, true] {
            credentials.remember = remember;
            let login = house.accounts.log_in(&crate::house::client(), &credentials).await.expect("a login");
            let row = list(house, ana.id).await.remove(0);
            assert_eq!((row.id.as_str(), row.user_id, row.remember), (login.id.as_str(), ana.id, remember));
            assert_eq!((row.login_date, row.last_seen), (login.login_date, Some(login.login_date)));
            assert_eq!((row.address.as_str(), row.user_agent.as_str()), ("192.0.2.7", "a browser of the tests"));
            assert_eq!((row.ended_at, row.ended().expect("no reason")), (None, None));
            let kept = house.standing(&login).await.login.expect("the session");
            assert!(login.secret.hash().matches(&kept.secret_hash));
            assert_eq!((kept.remember, kept.state.last_seen), (remember, login.login_date));
        }
        let dates: Vec<_> = list(house, ana.id).await.iter().map(|row| row.login_date).collect();
        assert!(dates.is_sorted_by(|one, next| one > next), "newest first: {dates:?}");
    })
    .await;
}

#[rocket::async_test]
async fn a_session_ends_once_and_records_how() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let (at, why, none) = (house.now().await, reasons(), Reasons::default());
        assert!(end(house, &login, Ending { at, by: "root", reason: EndReason::ForcedOut, reasons: &why }).await);
        let later = at + TimeDelta::hours(1);
        assert!(
            !end(house, &login, Ending { at: later, by: "ana", reason: EndReason::LoggedOut, reasons: &none }).await
        );
        let row = list(house, ana.id).await.remove(0);
        assert_eq!(row.ended().expect("a reason"), Some(EndReason::ForcedOut));
        assert_eq!((row.ended_at, row.ended_by.as_deref()), (Some(at), Some("root")));
        assert_eq!(row.staff_reason.as_deref(), why.for_staff.as_deref());
        let shown = house.standing(&login).await.user_reason(EndReason::ForcedOut);
        assert_eq!(shown.as_deref(), why.for_user.as_deref());
    })
    .await;
}

#[rocket::async_test]
async fn activity_never_revives_a_session_or_moves_it_back() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (ended, live) = (house.log_in(&ana).await, house.log_in(&ana).await);
        let (at, none) = (house.now().await, Reasons::default());
        end(house, &ended, Ending { at, by: "ana", reason: EndReason::LoggedOut, reasons: &none }).await;
        let mut tx = house.store.begin().await.expect("a transaction");
        let later = live.login_date + TimeDelta::hours(1);
        let gone = PublicId::from_random(rand::random());
        for at in [later, later - MICROSECOND] {
            let seen = [&ended.id, &live.id, &gone].map(|session| Seen {
                user_id: ana.id,
                session: session.clone(),
                at,
                skip_if_seen_after: later,
            });
            set_last_seen(&mut tx, &seen).await.expect("a write");
        }
        tx.commit().await.expect("a commit");
        let rows = list(house, ana.id).await;
        assert_eq!(rows.len(), 2, "activity must update, never insert");
        assert_eq!(house.user(&ana).await.last_seen, Some(later));
        assert_eq!((rows[0].last_seen, rows[0].ended_at), (Some(later), None));
        assert_eq!((rows[1].last_seen, rows[1].ended_at), (Some(ended.login_date), Some(at)));
        assert_eq!(house.verdict(&ended).await, Err(EndReason::LoggedOut));
    })
    .await;
}

#[rocket::async_test]
async fn live_sessions_made_by_the_given_time_are_ended_and_counted() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let others = house.log_in(&ben).await;
        let mut logins = Vec::new();
        for _ in 0..5 {
            logins.push(house.log_in(&ana).await);
        }
        let dates: Vec<_> = logins.iter().map(|login| login.login_date).collect();
        let (at, why) = (house.now().await, reasons());
        let ending = Ending { at, by: "root", reason: EndReason::ForcedOut, reasons: &why };
        // The first is past its lifetime, the second is idle, the third has logged out.
        end(house, &logins[2], Ending { reason: EndReason::LoggedOut, ..ending }).await;
        let live = LiveAfter { login: dates[0], session_opened: dates[0], session_seen: dates[1], ..LONG_AGO };
        let mut tx = house.store.begin().await.expect("a transaction");
        let counted = logins::count_live_logins(&mut tx, ana.id, None, dates[3], &live).await.expect("a count");
        let up_to = (dates[3], 10);
        let ended = logins::end_live_logins(&mut tx, ana.id, up_to, &live, ending).await.expect("an end");
        let again = logins::end_live_logins(&mut tx, ana.id, up_to, &live, ending).await.expect("an end");
        tx.commit().await.expect("a commit");
        assert_eq!((counted, ended, again), (1.into(), 1.into(), 0.into()));
        let rows = list(house, ana.id).await;
        let ended: Vec<_> = rows.iter().rev().map(|row| row.ended().expect("a reason")).collect();
        assert_eq!(ended, [None, None, Some(EndReason::LoggedOut), Some(EndReason::ForcedOut), None]);
        let mut tx = house.store.begin().await.expect("a transaction");
        let up_to = (dates[4], 10);
        let ended = logins::end_live_logins(&mut tx, ana.id, up_to, &LONG_AGO, ending).await.expect("an end");
        tx.commit().await.expect("a commit");
        assert_eq!(ended, 3.into());
        assert_eq!(house.verdict(&others).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_list_of_sessions_respects_its_limit() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for _ in 0..4 {
            house.log_in(&ana).await;
        }
        let mut on = house.store.read().await.expect("a connection");
        assert_eq!(logins::list_sessions(&mut on, ana.id, (3, 0)).await.expect("a list").len(), 3);
    })
    .await;
}

#[rocket::async_test]
async fn an_unknown_reason_code_lets_nobody_in() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        run(&house.store, "UPDATE curfew_logins SET reason = 'whatever'").await;
        let mut on = house.store.read().await.expect("a connection");
        let clock = house.store.clock();
        let read = curfew::store::standing::get_login_standing(&mut on, clock, ana.id, &login.id).await;
        assert!(matches!(read, Err(curfew::store::StoreError::Unreadable(_))), "{read:?}");
    })
    .await;
}
