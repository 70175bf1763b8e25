//! A clock that steps back: it revives no login, keeps none alive, and locks nobody out.

use chrono::TimeDelta;
use curfew::{
    accounts::{ForceLogoutMoment, StartedSession},
    domain::{moment::MICROSECOND, people::role::Role, reason::EndReason, reason_text::Reasons},
};

use crate::house::{House, NEW_PASSWORD, PASSWORD, new_password, on_each_engine, operator, password, reasons};

const HOUR: TimeDelta = TimeDelta::hours(1);

#[rocket::async_test]
async fn after_a_step_back_each_force_logout_ends_the_login_before_and_no_login_after() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut logins = vec![house.log_in(&ana).await];
        house.force_out(&ana).await;
        house.store.clock().shift(-HOUR);
        for _ in 0..50 {
            let login = house.log_in(&ana).await;
            let date = house.user(&ana).await.force_logout_date.expect("a date");
            assert_eq!(login.login_date, date + MICROSECOND, "one microsecond later, not one hour");
            assert_eq!(house.verdict(&login).await, Ok(()));
            assert_eq!(house.force_out(&ana).await, 1);
            logins.push(login);
            all_have_ended(house, &logins, EndReason::ForcedOut).await;
        }
        house.store.clock().shift(HOUR);
        all_have_ended(house, &logins, EndReason::ForcedOut).await;
    })
    .await;
}

#[rocket::async_test]
async fn a_force_logout_now_ends_logins_made_before_and_after_a_step_back() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let before = house.log_in(&ana).await;
        house.store.clock().shift(-HOUR);
        let after = house.log_in(&ana).await;
        assert_eq!(
            house.user(&ana).await.last_login_date,
            Some(before.login_date),
            "the last login date must not move back"
        );
        assert_eq!(house.force_out(&ana).await, 2);
        all_have_ended(house, &[before, after], EndReason::ForcedOut).await;
    })
    .await;
}

#[rocket::async_test]
async fn everyone_out_ends_logins_made_before_and_after_a_step_back() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let mut logins = vec![house.log_in(&ana).await];
        house.store.clock().shift(-HOUR);
        logins.extend([house.log_in(&ana).await, house.log_in(&ben).await]);
        house.everyone_out(ForceLogoutMoment::Now).await;
        all_have_ended(house, &logins, EndReason::EveryoneOut).await;
        for person in [&ana, &ben] {
            let login = house.log_in(person).await;
            assert_eq!(house.verdict(&login).await, Ok(()), "a new login must work");
            logins.push(login);
        }
        house.everyone_out(ForceLogoutMoment::Now).await;
        all_have_ended(house, &logins, EndReason::EveryoneOut).await;
    })
    .await;
}

#[rocket::async_test]
async fn a_password_change_after_a_step_back_leaves_only_the_session_that_made_it() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let elsewhere = house.log_in(&ana).await;
        house.store.clock().shift(-HOUR);
        let own = house.log_in(&ana).await;
        let actor = ana.acting_from(&own);
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        let goes_on = house.accounts.change_password(&actor, &old, &new, false).await.expect("a change").0;
        all_have_ended(house, &[elsewhere, own], EndReason::PasswordChanged).await;
        assert_eq!(house.verdict(&goes_on).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_demotion_and_a_deactivation_after_a_step_back_spare_no_login() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.person("ana", Role::Staff).await, house.member("ben").await);
        let mut of_ana = vec![house.log_in(&ana).await];
        let mut of_ben = vec![house.log_in(&ben).await];
        house.store.clock().shift(-HOUR);
        of_ana.push(house.log_in(&ana).await);
        of_ben.push(house.log_in(&ben).await);
        house.accounts.set_role(&operator(), &ana.target(), Role::Member).await.expect("a demotion");
        let ended = house.accounts.deactivate(&operator(), &ben.target(), None, &reasons()).await;
        assert_eq!(ended.expect("a deactivation"), 2.into());
        all_have_ended(house, &of_ana, EndReason::RoleChanged).await;
        house.accounts.activate(&operator(), &ben.target(), &Reasons::default()).await.expect("an activation");
        all_have_ended(house, &of_ben, EndReason::Deactivated).await;
        let again = house.log_in(&ben).await;
        assert_eq!(house.verdict(&again).await, Ok(()), "a new login must work");
    })
    .await;
}

async fn all_have_ended(house: &House, logins: &[StartedSession], reason: EndReason) {
    for login in logins {
        assert_eq!(house.verdict(login).await, Err(reason), "the login of {}", login.login_date);
    }
}
