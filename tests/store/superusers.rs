//! There is always a superuser who can log in, whoever acts on whom at the same moment.

use std::sync::Arc;

use curfew::{
    accounts::{Accounts, AccountsError, Actor, Result, Target},
    domain::{reason_text::Reasons, role::Role},
};
use rocket::tokio::{sync::Barrier, task::JoinSet};

use crate::{
    house::{House, Person, on_each_engine, operator, reasons},
    raw::count,
};

/// What one superuser can do to another.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Demote,
    Deactivate,
    Delete,
}

impl Blow {
    const ALL: [Self; 3] = [Self::Demote, Self::Deactivate, Self::Delete];

    async fn fall(self, accounts: &Accounts, actor: &Actor, target: &Target) -> Result<()> {
        match self {
            Self::Demote => accounts.set_role(actor, target, Role::Staff).await.map(drop),
            Self::Deactivate => accounts.deactivate(actor, target, None, &reasons()).await.map(drop),
            Self::Delete => accounts.delete_user(actor, target, &reasons()).await,
        }
    }
}

#[rocket::async_test]
async fn the_last_superuser_stays_one() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        let second = house.person("second", Role::Superuser).await;
        let until = Some(house.now().await + chrono::TimeDelta::hours(1));
        let done = house.accounts.deactivate(&operator(), &second.target(), until, &Reasons::default()).await;
        done.expect("the second one is deactivated for a while, and does not count");
        let before = crate::raw::dump(&house.store).await;
        for blow in Blow::ALL {
            let refused = blow.fall(&house.accounts, &operator(), &root.target()).await;
            assert!(matches!(refused, Err(AccountsError::LastSuperuser)), "{blow:?}: {refused:?}");
        }
        assert_eq!(crate::raw::dump(&house.store).await, before);
    })
    .await;
}

#[rocket::async_test]
async fn of_two_superusers_who_strike_each_other_at_once_exactly_one_remains() {
    on_each_engine(async |house: &House| {
        for round in 0..100 {
            let blows = [Blow::ALL[round % 3], Blow::ALL[(round / 3) % 3]];
            let pair = [superuser(house, "ana", round).await, superuser(house, "ben", round).await];
            // Of the round before, one is left.
            run_down_to(house, &pair).await;
            let outcomes = strike_each_other(house, &pair, blows).await;
            let struck = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let spared = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::LastSuperuser))).count();
            assert_eq!((struck, spared), (1, 1), "round {round}, {blows:?}: {outcomes:?}");
            let left = "SELECT COUNT(*) FROM users WHERE is_superuser AND is_active";
            assert_eq!(count(&house.store, left).await, 1, "round {round}, {blows:?}");
        }
    })
    .await;
}

async fn superuser(house: &House, name: &str, round: usize) -> Person {
    house.person(&format!("{name}{round}"), Role::Superuser).await
}

/// Deletes every other superuser.
async fn run_down_to(house: &House, pair: &[Person; 2]) {
    let sql = format!("DELETE FROM users WHERE is_superuser AND id NOT IN ({}, {})", pair[0].id, pair[1].id);
    crate::raw::run(&house.store, &sql).await;
}

async fn strike_each_other(house: &House, pair: &[Person; 2], blows: [Blow; 2]) -> Vec<Result<()>> {
    let start = Arc::new(Barrier::new(2));
    let mut tasks = JoinSet::new();
    for (n, blow) in blows.into_iter().enumerate() {
        let (accounts, start) = (house.accounts.clone(), Arc::clone(&start));
        let (actor, target) = (pair[n].actor(), pair[1 - n].target());
        tasks.spawn(async move {
            start.wait().await;
            blow.fall(&accounts, &actor, &target).await
        });
    }
    tasks.join_all().await
}
