//! There is always a superuser who can log in, whoever acts on whom at the same moment.

use std::sync::Arc;

use curfew::{
    accounts::{Accounts, AccountsError, Actor, Result, Target},
    domain::{people::role::Role, reason_text::Reasons},
};
use rocket::{
    futures::{FutureExt as _, future::BoxFuture},
    tokio::{sync::Barrier, task::JoinSet},
};

use crate::{
    harness::quick_or_soak,
    house::{House, PASSWORD, Person, at_once, on_each_engine, operator, password, reasons},
    raw::{count, dump_without_events},
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
            Self::Delete => accounts.delete_user(actor, target, &reasons()).await.map(drop),
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
        let before = dump_without_events(&house.store).await;
        for blow in Blow::ALL {
            let refused = blow.fall(&house.accounts, &operator(), &root.target()).await;
            assert!(matches!(refused, Err(AccountsError::LastSuperuser)), "{blow:?}: {refused:?}");
        }
        assert_eq!(dump_without_events(&house.store).await, before);
    })
    .await;
}

#[rocket::async_test]
async fn of_two_superusers_who_strike_each_other_at_once_exactly_one_remains() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let (pair, blows) = set_up_round(house, round).await;
            let actors = [house.acting(&pair[0]).await, house.acting(&pair[1]).await];
            let outcomes = strike(house, &pair, actors, blows).await;
            let struck = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let fallen = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::Ended { .. }))).count();
            assert_eq!((struck, fallen), (1, 1), "round {round}, {blows:?}: {outcomes:?}");
            assert_one_remains(house, round).await;
        }
    })
    .await;
}

#[rocket::async_test]
async fn of_two_superusers_who_are_both_struck_at_once_the_last_is_spared() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let (pair, blows) = set_up_round(house, round).await;
            let outcomes = strike(house, &pair, [operator(), operator()], blows).await;
            let struck = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let spared = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::LastSuperuser))).count();
            assert_eq!((struck, spared), (1, 1), "round {round}, {blows:?}: {outcomes:?}");
            assert_one_remains(house, round).await;
        }
    })
    .await;
}

#[rocket::async_test]
async fn of_two_superusers_who_leave_for_good_at_once_the_last_stays() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let (pair, [blow, _]) = set_up_round(house, round).await;
            let first = leaves(house, house.acting(&pair[0]).await);
            // Every other round, the second does not leave, but is struck from the command line.
            let second = if round % 2 == 0 {
                leaves(house, house.acting(&pair[1]).await)
            } else {
                let (accounts, target) = (house.accounts.clone(), pair[1].target());
                async move { blow.fall(&accounts, &operator(), &target).await }.boxed()
            };
            let outcomes = at_once(vec![first, second]).await;
            let left = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let spared = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::LastSuperuser))).count();
            assert_eq!((left, spared), (1, 1), "round {round}, {blow:?}: {outcomes:?}");
            assert_one_remains(house, round).await;
        }
    })
    .await;
}

/// Somebody's own account is deleted by them.
fn leaves(house: &House, actor: Actor) -> BoxFuture<'static, Result<()>> {
    let accounts = house.accounts.clone();
    async move { accounts.delete_own_account(&actor, &password(PASSWORD)).await.map(drop) }.boxed()
}

/// On a page, with the password of who does it.
#[rocket::async_test]
async fn nobody_changes_their_own_role_or_deletes_themselves_as_if_another() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        house.person("second", Role::Superuser).await;
        let (actor, own) = (house.acting(&root).await, password(PASSWORD));
        let before = dump_without_events(&house.store).await;
        let accounts = &house.accounts;
        let refused = [
            accounts.set_role(&actor, &root.target(), Role::Member).await.map(drop),
            accounts.set_role_by_password(&actor, &own, root.id, Role::Member).await.map(drop),
            accounts.delete_user(&actor, &root.target(), &reasons()).await.map(drop),
            accounts.delete_user_by_password(&actor, &own, root.id, &reasons()).await.map(drop),
        ];
        assert!(refused.iter().all(|refused| matches!(refused, Err(AccountsError::OwnAccount))), "{refused:?}");
        assert_eq!(dump_without_events(&house.store).await, before);
    })
    .await;
}

/// The two superusers of a round, and what falls on them; of the round before, one is left.
async fn set_up_round(house: &House, round: usize) -> ([Person; 2], [Blow; 2]) {
    let blows = [Blow::ALL[round % 3], Blow::ALL[(round / 3) % 3]];
    let pair = [superuser(house, "ana", round).await, superuser(house, "ben", round).await];
    run_down_to(house, &pair).await;
    (pair, blows)
}

async fn assert_one_remains(house: &House, round: usize) {
    let left = "SELECT COUNT(*) FROM curfew_users WHERE is_superuser AND is_active";
    assert_eq!(count(&house.store, left).await, 1, "round {round}");
}

async fn superuser(house: &House, name: &str, round: usize) -> Person {
    house.person(&format!("{name}{round}"), Role::Superuser).await
}

/// Deletes every other superuser.
async fn run_down_to(house: &House, pair: &[Person; 2]) {
    let sql = format!("DELETE FROM curfew_users WHERE is_superuser AND id NOT IN ({}, {})", pair[0].id, pair[1].id);
    crate::raw::run(&house.store, &sql).await;
}

/// The first actor strikes the second of the pair, and the second actor the first.
async fn strike(house: &House, pair: &[Person; 2], actors: [Actor; 2], blows: [Blow; 2]) -> Vec<Result<()>> {
    let start = Arc::new(Barrier::new(2));
    let mut tasks = JoinSet::new();
    for (n, (actor, blow)) in actors.into_iter().zip(blows).enumerate() {
        let (accounts, start) = (house.accounts.clone(), Arc::clone(&start));
        let target = pair[1 - n].target();
        tasks.spawn(async move {
            start.wait().await;
            blow.fall(&accounts, &actor, &target).await
        });
    }
    tasks.join_all().await
}
