//! Logins and force logouts, one after the other as fast as they go, and many at once.

use std::sync::Arc;

use curfew::{
    accounts::{Accounts, AccountsError, ForceLogoutMoment},
    domain::reason::EndReason,
};
use rocket::tokio::{sync::Barrier, task::JoinSet};

use crate::harness::quick_or_soak;
use crate::house::{House, PASSWORD, client, credentials, on_each_engine, operator, reasons};

#[rocket::async_test]
async fn logins_and_force_logouts_in_turn_are_each_judged_right() {
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
async fn force_logouts_of_one_account_by_many_at_once_end_every_login_made_before() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let logins = pairs_at_once(house, &vec![ana.name.clone(); 8]).await;
        assert_eq!(logins.len(), 8 * PAIRS);
        for login in &logins {
            assert!(house.verdict(login).await.is_err(), "{} was forced out", login.login_date);
        }
        let login = house.log_in(&ana).await;
        assert_eq!(house.verdict(&login).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn pairs_on_many_accounts_at_once_do_not_touch_each_other() {
    on_each_engine(async |house: &House| {
        let quiet = house.member("quiet").await;
        let untouched = house.log_in(&quiet).await;
        let mut names = Vec::new();
        for n in 0..8 {
            names.push(house.member(&format!("person{n}")).await.name);
        }
        for login in pairs_at_once(house, &names).await {
            assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
        }
        assert_eq!(house.verdict(&untouched).await, Ok(()));
    })
    .await;
}

/// The pairs that each task makes.
const PAIRS: usize = 25;

/// A task for each name: it logs in and forces out, over and over. Every login that was made.
async fn pairs_at_once(house: &House, names: &[String]) -> Vec<curfew::accounts::StartedSession> {
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
