//! A transaction that waits for a lock too long, or takes too long as a whole, fails at its deadline, and none of it is
//! committed.

use std::time::Duration;

use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, Target},
    domain::reason_text::Reasons,
    store::{PoolLimits, Store, StoreError, site, users::lock_user},
};
use rocket::tokio::time::timeout;

use crate::{
    harness::{Database, engines},
    house::{House, on_each_engine, operator},
};

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

#[rocket::async_test]
async fn a_transaction_of_many_statements_has_one_deadline() {
    for engine in engines() {
        let database = Database::new(engine).await;
        let limits = PoolLimits { transaction: Duration::from_millis(300), ..PoolLimits::default() };
        let store = Store::open(&database.url, limits).await.expect("the database opens");
        let date = async || site::get_site(&mut store.read().await?).await.map(|site| site.force_logout_date);

        let mut tx = store.begin().await.expect("a transaction");
        let many_statements = async {
            loop {
                let now = store.clock().process_now();
                if let Err(error) = site::set_force_logout_date(&mut tx, now, &Reasons::default()).await {
                    return error;
                }
            }
        };
        let error = timeout(PATIENCE, many_statements).await.expect("the deadline is reached");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert!(error.to_string().contains("the transaction took too long"), "{error}");
        assert!(tx.commit().await.is_err(), "after the deadline, nothing may be committed");
        assert_eq!(date().await.expect("an answer"), None);

        // The locks are free, and so is the connection.
        let mut tx = store.begin().await.expect("a transaction");
        site::lock_site(&mut tx).await.expect("the lock");
        drop(tx);
        store.close().await;
    }
}
