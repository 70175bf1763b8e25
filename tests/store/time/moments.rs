//! Timestamps, booleans and NULLs are read back from both engines as written, and sort the same.

use curfew::{
    domain::{
        logins::{kind::LoginKind, live::LiveAfter, public_id::PublicId, session_secret::SessionSecret},
        moment::{MICROSECOND, Moment, parse_moment, truncate_to_microseconds},
        people::role::Role,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        logins::{
            NewLogin, count_live_logins, insert_login,
            last_seen::{Seen, set_last_seen},
            list_sessions,
        },
        standing::get_login_standing,
        users,
    },
};

use crate::house::{House, LONG_AGO, on_each_engine, reasons};

/// One of each kind: whole seconds, milliseconds, one microsecond, the last microsecond, year boundaries.
fn moments() -> Vec<Moment> {
    let moment = |text| parse_moment(text).expect("a timestamp");
    let second = moment("2026-03-01T14:30:00Z");
    let mut moments = vec![moment("1970-01-01T00:00:00.000001Z")];
    moments.extend([0, 1, 10, 1_000, 123_000, 123_456, 500_000, 999_999].map(|n| second + MICROSECOND * n));
    moments.extend([moment("2026-03-01T14:30:01Z"), moment("9999-12-31T23:59:59.999998Z")]);
    moments
}

#[rocket::async_test]
async fn a_timestamp_keeps_its_microseconds() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let session = PublicId::from_random(rand::random());
        for moment in moments() {
            let mut tx = house.store.begin().await.expect("a transaction");
            let (none, why) = (Reasons::default(), EndReason::ForcedOut);
            users::set_force_logout_date(&mut tx, ana.id, moment, why, &none).await.expect("a date");
            users::set_force_logout_scheduled(&mut tx, ana.id, moment, "root", &none).await.expect("a schedule");
            users::set_inactive(&mut tx, ana.id, Some(moment), &none).await.expect("a deactivation");
            let seen = Seen { user_id: ana.id, session: session.clone(), at: moment, skip_if_seen_after: moment };
            set_last_seen(&mut tx, &[seen]).await.expect("a write");
            tx.commit().await.expect("a commit");
            let user = house.user(&ana).await;
            let kept = [user.force_logout_date, user.force_logout_scheduled, user.deactivated_until, user.last_seen];
            assert_eq!(kept, [Some(moment); 4]);
        }
    })
    .await;
}

/// The statements that end sessions compare timestamps in SQL; on SQLite as text.
#[rocket::async_test]
async fn sql_compares_timestamps_like_the_standing_check() {
    on_each_engine(async |house: &House| {
        let all = moments();
        let mut tx = house.store.begin().await.expect("a transaction");
        for (user_id, made) in (1..).zip(&all) {
            let id = PublicId::from_random(rand::random());
            let secret_hash = SessionSecret::from_random(rand::random()).hash();
            let new = NewLogin {
                id: &id,
                user_id,
                kind: LoginKind::Browser,
                secret_hash: Some(&secret_hash),
                remember: false,
                label: None,
                login_date: *made,
                opened_at: *made,
                expires_at: None,
                address: "",
                user_agent: "",
            };
            insert_login(&mut tx, &new).await.expect("a session");
            let kept = list_sessions(&mut tx, user_id, (100, 0)).await.expect("a list");
            let kept = kept.iter().find(|session| session.id == id.as_str()).expect("the session");
            assert_eq!(kept.login_date, *made);
            for other in &all {
                let up_to =
                    count_live_logins(&mut tx, user_id, None, *other, &LONG_AGO).await.expect("a count").sessions;
                assert_eq!(up_to == 1, made <= other, "{made} up to {other}");
                for live in [
                    LiveAfter { login: *other, ..LONG_AGO },
                    LiveAfter { opened: *other, ..LONG_AGO },
                    LiveAfter { session_opened: *other, ..LONG_AGO },
                    LiveAfter { session_seen: *other, ..LONG_AGO },
                ] {
                    let since =
                        count_live_logins(&mut tx, user_id, None, all[all.len() - 1], &live).await.expect("a count");
                    assert_eq!(since.sessions == 1, made > other, "{made}, and {live:?}");
                }
            }
        }
    })
    .await;
}

#[rocket::async_test]
async fn the_last_login_never_moves_back_at_any_precision() {
    on_each_engine(async |house: &House| {
        let all = moments();
        let mut tx = house.store.begin().await.expect("a transaction");
        for (n, first) in all.iter().enumerate() {
            for second in &all {
                let name = crate::house::username(&format!("ana{n}-{}", second.timestamp_micros()));
                let email = crate::house::email(&format!("{}@example.org", name.as_str()));
                let new = users::NewUser {
                    username: &name,
                    email: &email,
                    password_hash: "",
                    role: Role::Member,
                    date_joined: *first,
                    is_verified: true,
                };
                let id = users::insert_user(&mut tx, &new).await.expect("an account");
                users::set_last_login(&mut tx, id, *first, *first).await.expect("a write");
                users::set_last_login(&mut tx, id, *second, *second).await.expect("a write");
                let user = users::find_user(&mut tx, id).await.expect("an answer").expect("the account");
                assert_eq!(user.last_login_date, Some(*first.max(second)), "{first}, then {second}");
                assert_eq!(user.last_login, Some(*second), "the date that users see");
                assert_eq!(user.date_joined, *first);
            }
        }
    })
    .await;
}

#[rocket::async_test]
async fn missing_values_are_read_as_none_and_cleared_values_are_gone() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let user = house.user(&ana).await;
        let dates = [user.last_login, user.last_seen, user.force_logout_date, user.force_logout_scheduled];
        assert_eq!(dates, [None; 4]);
        assert_eq!((user.deactivated_until, user.force_logout_cause().expect("none")), (None, None));
        let mut tx = house.store.begin().await.expect("a transaction");
        let now = house.store.clock().now(&mut tx).await.expect("the time");
        users::set_force_logout_scheduled(&mut tx, ana.id, now, "root", &reasons()).await.expect("a schedule");
        users::set_inactive(&mut tx, ana.id, Some(now), &reasons()).await.expect("a deactivation");
        users::clear_force_logout_scheduled(&mut tx, ana.id).await.expect("no schedule");
        users::set_active(&mut tx, ana.id).await.expect("an activation");
        tx.commit().await.expect("a commit");
        let user = house.user(&ana).await;
        let texts = [
            user.force_logout_scheduled_by,
            user.force_logout_scheduled_staff_reason,
            user.force_logout_scheduled_user_reason,
            user.deactivated_staff_reason,
            user.deactivated_user_reason,
        ];
        assert_eq!(texts, [const { None }; 5]);
        assert_eq!((user.force_logout_scheduled, user.deactivated_until), (None, None));
    })
    .await;
}

#[rocket::async_test]
async fn a_role_and_a_deactivation_are_read_as_written() {
    on_each_engine(async |house: &House| {
        for role in Role::ALL {
            let person = house.person(role.code(), role).await;
            let (user, now) = (house.user(&person).await, house.now().await);
            assert_eq!(user.role(), role);
            assert!(user.is_active_at(now));
            let mut tx = house.store.begin().await.expect("a transaction");
            users::set_inactive(&mut tx, person.id, Some(now), &reasons()).await.expect("a deactivation");
            users::set_role(&mut tx, person.id, Role::Staff).await.expect("a role");
            tx.commit().await.expect("a commit");
            let user = house.user(&person).await;
            assert_eq!(user.role(), Role::Staff);
            assert!(!user.is_active_at(now - MICROSECOND));
            assert!(user.is_active_at(now), "the deactivation is over at its end");
            assert!(user.has_expired_deactivation(now));
        }
    })
    .await;
}

#[rocket::async_test]
async fn the_clock_has_whole_microseconds_and_can_be_shifted() {
    on_each_engine(async |house: &House| {
        let before = house.now().await;
        assert_eq!(truncate_to_microseconds(before), before);
        let day = chrono::TimeDelta::days(1);
        house.store.clock().shift(day);
        let tomorrow = house.now().await;
        assert!(tomorrow >= before + day);
        house.store.clock().shift(-day * 2);
        let yesterday = house.now().await;
        assert!(yesterday < before);
        assert!(yesterday + day * 2 >= tomorrow, "the clock must advance");
        let mut on = house.store.read().await.expect("a connection");
        let nobodys = PublicId::from_random(rand::random());
        let read = get_login_standing(&mut on, house.store.clock(), 1, &nobodys).await.expect("a standing").now;
        assert!(read >= yesterday && read < before, "a standing has the same clock");
    })
    .await;
}
