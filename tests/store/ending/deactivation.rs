//! Deactivated accounts. Activating them revives no login.

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, StartedSession},
    domain::{people::role::Role, reason::EndReason, reason_text::Reasons},
};

use crate::{
    house::{House, PASSWORD, Person, on_each_engine, operator, reasons},
    raw::{count, run},
};

const HOUR: TimeDelta = TimeDelta::hours(1);

#[rocket::async_test]
async fn activating_an_account_revives_none_of_its_logins() {
    on_each_engine(async |house: &House| {
        let (ana, login) = deactivated(house, None).await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
        assert!(activate(house, &ana).await, "the account was inactive");
        assert!(!activate(house, &ana).await, "the account is already active");
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
        let again = house.log_in(&ana).await;
        assert_eq!(house.verdict(&again).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn activating_after_a_deactivation_by_sql_revives_no_login() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        run(&house.store, "UPDATE curfew_users SET is_active = FALSE").await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
        assert!(activate(house, &ana).await);
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated), "activating revives nothing");
        let again = house.log_in(&ana).await;
        assert_eq!(house.verdict(&again).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_temporary_deactivation_ends_by_itself_and_revives_nothing() {
    on_each_engine(async |house: &House| {
        let (ana, login) = deactivated(house, Some(HOUR)).await;
        let refused = house.try_log_in(&ana, PASSWORD).await;
        let until = house.user(&ana).await.deactivated_until;
        assert!(
            matches!(&refused, Err(AccountsError::Inactive { user_reason: Some(why), until: shown })
                if why == "please log in again" && *shown == until && until.is_some()),
            "{refused:?}"
        );
        house.store.clock().shift(HOUR);
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
        let again = house.log_in(&ana).await;
        assert_eq!(house.verdict(&again).await, Ok(()));
        let user = house.user(&ana).await;
        assert_eq!((user.deactivated_until, user.deactivated_user_reason), (None, None));
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE kind = 'activated'").await, 1);
        house.store.clock().shift(-HOUR * 2);
        assert_eq!(house.verdict(&again).await, Ok(()), "a clock that steps back must not undo it");
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
    })
    .await;
}

#[rocket::async_test]
async fn deactivating_again_changes_the_end_and_ends_nothing_more() {
    on_each_engine(async |house: &House| {
        let (ana, login) = deactivated(house, Some(HOUR)).await;
        let ended = house.accounts.deactivate(&operator(), &ana.target(), None, &reasons()).await;
        assert_eq!(ended.expect("a deactivation"), 0.into());
        house.store.clock().shift(HOUR * 2);
        assert_eq!(house.verdict(&login).await, Err(EndReason::Deactivated));
        let refused = house.try_log_in(&ana, PASSWORD).await;
        assert!(matches!(refused, Err(AccountsError::Inactive { until: None, .. })), "{refused:?}");
    })
    .await;
}

#[rocket::async_test]
async fn an_end_in_the_past_is_refused_and_nothing_is_stored() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let before = crate::raw::dump(&house.store).await;
        let until = Some(house.now().await);
        let refused = house.accounts.deactivate(&operator(), &ana.target(), until, &reasons()).await;
        assert!(matches!(refused, Err(AccountsError::UntilIsPast)), "{refused:?}");
        assert_eq!(crate::raw::dump(&house.store).await, before);
        assert_eq!(house.verdict(&login).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn staff_manage_members_only_and_nobody_locks_themselves_out() {
    on_each_engine(async |house: &House| {
        let (staff, root) = (house.person("sam", Role::Staff).await, house.person("root", Role::Superuser).await);
        let (other, ana) = (house.person("sue", Role::Staff).await, house.member("ana").await);
        let accounts = &house.accounts;
        let (by_staff, by_root) = (house.acting(&staff).await, house.acting(&root).await);
        for target in [&other, &root] {
            let refused = accounts.deactivate(&by_staff, &target.target(), None, &reasons()).await;
            assert!(matches!(refused, Err(AccountsError::Forbidden)), "{refused:?}");
        }
        let refused = accounts.delete_user(&by_staff, &ana.target(), &reasons()).await;
        assert!(matches!(refused, Err(AccountsError::Forbidden)), "deleting is for superusers: {refused:?}");
        let refused = accounts.set_role(&by_staff, &ana.target(), Role::Staff).await;
        assert!(matches!(refused, Err(AccountsError::Forbidden)), "{refused:?}");
        house.person("second", Role::Superuser).await;
        let refused = accounts.deactivate(&by_root, &root.target(), None, &reasons()).await;
        assert!(matches!(refused, Err(AccountsError::OwnAccount)), "{refused:?}");
        assert_eq!(accounts.deactivate(&by_staff, &ana.target(), None, &reasons()).await.ok(), Some(0.into()));
    })
    .await;
}

async fn deactivated(house: &House, during: Option<TimeDelta>) -> (Person, StartedSession) {
    let ana = house.member("ana").await;
    let login = house.log_in(&ana).await;
    let until = match during {
        Some(during) => Some(house.now().await + during),
        None => None,
    };
    let ended = house.accounts.deactivate(&operator(), &ana.target(), until, &reasons()).await;
    assert_eq!(ended.expect("a deactivation"), 1.into());
    (ana, login)
}

async fn activate(house: &House, person: &Person) -> bool {
    house.accounts.activate(&operator(), &person.target(), &Reasons::default()).await.expect("an activation")
}
