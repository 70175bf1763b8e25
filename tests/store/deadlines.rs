//! A transaction that waits for a lock too long fails at its deadline, and none of it is committed.

use std::time::Duration;

use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, Target},
    domain::reason_text::Reasons,
    store::users::lock_user,
};
use rocket::tokio::time::timeout;

use crate::house::{House, on_each_engine, operator};

/// A limit against hanging forever, far longer than any deadline.
const PATIENCE: Duration = Duration::from_mins(1);

#[rocket::async_test]
async fn an_action_on_a_locked_account_times_out_and_can_be_retried() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let mut holder = house.store.begin().await.expect("a transaction");
        lock_user(&mut holder, ana.id).await.expect("an answer").expect("an account");

        let (by, target, reasons) = (operator(), Target::Id(ana.id), Reasons::default());
        let act = || house.accounts.force_logout(&by, &target, ForceLogoutMoment::Now, &reasons);
        let refused = timeout(PATIENCE, act()).await.expect("the deadline is reached");
        assert!(matches!(refused, Err(AccountsError::Store(_))), "{refused:?}");
        drop(holder);
        assert_eq!(house.verdict(&login).await, Ok(()), "nothing may change");
        act().await.expect("it succeeds once the lock is free");
        assert!(house.verdict(&login).await.is_err());
    })
    .await;
}
