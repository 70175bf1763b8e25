//! Whoever waits for a lock that is not let go gives up, and nothing of the act is done.

use std::time::Duration;

use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, Target},
    domain::reason_text::Reasons,
    store::users::lock_user,
};
use rocket::tokio::time::timeout;

use crate::house::{House, on_each_engine, operator};

/// A guard against hanging for ever, far above any deadline.
const PATIENCE: Duration = Duration::from_mins(1);

#[rocket::async_test]
async fn an_act_on_an_account_that_stays_locked_is_given_up_and_can_be_done_again() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let mut holder = house.store.begin().await.expect("a transaction");
        lock_user(&mut holder, ana.id).await.expect("an answer").expect("an account");

        let (by, target, reasons) = (operator(), Target::Id(ana.id), Reasons::default());
        let act = || house.accounts.force_logout(&by, &target, ForceLogoutMoment::Now, &reasons);
        let refused = timeout(PATIENCE, act()).await.expect("it is given up");
        assert!(matches!(refused, Err(AccountsError::Store(_))), "{refused:?}");
        drop(holder);
        assert_eq!(house.verdict(&login).await, Ok(()), "nothing was done");
        act().await.expect("the lock is free");
        assert!(house.verdict(&login).await.is_err());
    })
    .await;
}
