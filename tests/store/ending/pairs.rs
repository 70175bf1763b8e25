//! Logins and force logouts, alternating as fast as possible, and many at once.

use std::sync::Arc;

use curfew::{
    accounts::{Accounts, AccountsError, ForceLogoutMoment},
    domain::reason::EndReason,
};
use rocket::tokio::{sync::Barrier, task::JoinSet};

use crate::harness::quick_or_soak;
use crate::house::{House, PASSWORD, client, credentials, on_each_engine, operator, reasons};

#[rocket::async_test]
async fn alternating_logins_and_force_logouts_are_all_judged_right() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for pair in 0..quick_or_soak(100, 1_000) {
            let login = house.log_in(&ana).await;
            assert_eq!(house.verdict(&login).await, Ok(()), "the login of pair {pair}");
            assert_eq!(house.force_out(&ana).await, 1, "pair {pair}");
            assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut), "the login of pair {pair}");
        }
        let login = house.log_in(&ana).await;
        assert_eq!(house.verdict(&login).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn concurrent_force_logouts_of_one_account_end_every_earlier_login() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let logins = concurrent_pairs(house, &vec![ana.name.clone(); 8]).await;
        assert_eq!(logins.len(), 8 * PAIRS);
        for login in &logins {
            assert!(house.verdict(login).await.is_err(), "{} must be forced out", login.login_date);
        }
        let login = house.log_in(&ana).await;
        assert_eq!(house.verdict(&login).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn concurrent_pairs_on_many_accounts_do_not_interfere() {
    on_each_engine(async |house: &House| {
        let quiet = house.member("quiet").await;
        let untouched = house.log_in(&quiet).await;
        let mut names = Vec::new();
        for n in 0..8 {
            names.push(house.member(&format!("person{n}")).await.name);
        }
        for login in concurrent_pairs(house, &names).await {
            assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
        }
        assert_eq!(house.verdict(&untouched).await, Ok(()));
    })
    .await;
}

/// The number of pairs per task.
const PAIRS: usize = 25;

/// One task per name, alternating login and force logout. Returns every login.
async fn concurrent_pairs(house: &House, names: &[String]) -> Vec<curfew::accounts::StartedSession> {
    let mut tasks = JoinSet::new();
    let start = Arc::new(Barrier::new(names.len()));
    for name in names {
        let (accounts, start, name) = (house.accounts.clone(), Arc::clone(&start), name.clone());
        tasks.spawn(async move {
            start.wait().await;
            let mut logins = Vec::new();
            for _ in 0..PAIRS {
                logins.push(pair(&accounts, &name).await.expect("a login and a force logout"));
            }
            logins
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

async fn pair(accounts: &Accounts, name: &str) -> Result<curfew::accounts::StartedSession, AccountsError> {
    let login = accounts.log_in(&client(), &credentials(name, PASSWORD)).await?;
    let target = curfew::accounts::Target::Id(login.user_id);
    accounts.force_logout(&operator(), &target, ForceLogoutMoment::Now, &reasons()).await?;
    Ok(login)
}
