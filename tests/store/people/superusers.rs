//! At least one superuser who can log in always remains, whoever acts on whom concurrently.

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
    house::{House, PASSWORD, Person, on_each_engine, operator, password, reasons, run_concurrently},
    raw::{count, dump_without_events},
};

/// What one superuser can do to another.
#[derive(Debug, Clone, Copy)]
enum Removal {
    Demote,
    Deactivate,
    Delete,
}

impl Removal {
    const ALL: [Self; 3] = [Self::Demote, Self::Deactivate, Self::Delete];

    async fn apply(self, accounts: &Accounts, actor: &Actor, target: &Target) -> Result<()> {
        match self {
            Self::Demote => accounts.set_role(actor, target, Role::Staff).await.map(drop),
            Self::Deactivate => accounts.deactivate(actor, target, None, &reasons()).await.map(drop),
            Self::Delete => accounts.delete_user(actor, target, &reasons()).await.map(drop),
        }
    }
}

#[rocket::async_test]
async fn the_last_superuser_cannot_be_removed() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        let second = house.person("second", Role::Superuser).await;
        let until = Some(house.now().await + chrono::TimeDelta::hours(1));
        let done = house.accounts.deactivate(&operator(), &second.target(), until, &Reasons::default()).await;
        done.expect("a temporarily deactivated superuser does not count");
        let before = dump_without_events(&house.store).await;
        for removal in Removal::ALL {
            let refused = removal.apply(&house.accounts, &operator(), &root.target()).await;
            assert!(matches!(refused, Err(AccountsError::LastSuperuser)), "{removal:?}: {refused:?}");
        }
        assert_eq!(dump_without_events(&house.store).await, before);
    })
    .await;
}

#[rocket::async_test]
async fn if_two_superusers_act_on_each_other_concurrently_one_remains() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let (pair, removals) = set_up_round(house, round).await;
            let actors = [house.acting(&pair[0]).await, house.acting(&pair[1]).await];
            let outcomes = act_on_each_other(house, &pair, actors, removals).await;
            let removed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let failed = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::Ended { .. }))).count();
            assert_eq!((removed, failed), (1, 1), "round {round}, {removals:?}: {outcomes:?}");
            assert_one_remains(house, round).await;
        }
    })
    .await;
}

#[rocket::async_test]
async fn if_both_superusers_are_acted_on_concurrently_the_last_is_kept() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let (pair, removals) = set_up_round(house, round).await;
            let outcomes = act_on_each_other(house, &pair, [operator(), operator()], removals).await;
            let removed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let spared = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::LastSuperuser))).count();
            assert_eq!((removed, spared), (1, 1), "round {round}, {removals:?}: {outcomes:?}");
            assert_one_remains(house, round).await;
        }
    })
    .await;
}

#[rocket::async_test]
async fn if_both_superusers_delete_themselves_concurrently_the_last_is_kept() {
    on_each_engine(async |house: &House| {
        for round in 0..quick_or_soak(20, 100) {
            let (pair, [removal, _]) = set_up_round(house, round).await;
            let first = delete_themselves(house, house.acting(&pair[0]).await);
            // In every other round, the second is removed from the command line instead of deleting its own account.
            let second = if round % 2 == 0 {
                delete_themselves(house, house.acting(&pair[1]).await)
            } else {
                let (accounts, target) = (house.accounts.clone(), pair[1].target());
                async move { removal.apply(&accounts, &operator(), &target).await }.boxed()
            };
            let outcomes = run_concurrently(vec![first, second]).await;
            let left = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let spared = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountsError::LastSuperuser))).count();
            assert_eq!((left, spared), (1, 1), "round {round}, {removal:?}: {outcomes:?}");
            assert_one_remains(house, round).await;
        }
    })
    .await;
}

/// The user deletes their own account.
fn delete_themselves(house: &House, actor: Actor) -> BoxFuture<'static, Result<()>> {
    let accounts = house.accounts.clone();
    async move { accounts.delete_own_account(&actor, &password(PASSWORD)).await.map(drop) }.boxed()
}

/// On a page, with the acting user's password.
#[rocket::async_test]
async fn nobody_can_change_their_own_role_or_delete_themselves_as_staff() {
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

/// The two superusers of a round and what happens to them. One is left over from the previous round.
async fn set_up_round(house: &House, round: usize) -> ([Person; 2], [Removal; 2]) {
    let removals = [Removal::ALL[round % 3], Removal::ALL[(round / 3) % 3]];
    let pair = [superuser(house, "ana", round).await, superuser(house, "ben", round).await];
    delete_all_except(house, &pair).await;
    (pair, removals)
}

async fn assert_one_remains(house: &House, round: usize) {
    let left = "SELECT COUNT(*) FROM curfew_users WHERE is_superuser AND is_active";
    assert_eq!(count(&house.store, left).await, 1, "round {round}");
}

async fn superuser(house: &House, name: &str, round: usize) -> Person {
    house.person(&format!("{name}{round}"), Role::Superuser).await
}

/// Deletes every other superuser.
async fn delete_all_except(house: &House, pair: &[Person; 2]) {
    let sql = format!("DELETE FROM curfew_users WHERE is_superuser AND id NOT IN ({}, {})", pair[0].id, pair[1].id);
    crate::raw::run(&house.store, &sql).await;
}

/// The first actor acts on the second of the pair, and the second on the first.
async fn act_on_each_other(
    house: &House,
    pair: &[Person; 2],
    actors: [Actor; 2],
    removals: [Removal; 2],
) -> Vec<Result<()>> {
    let start = Arc::new(Barrier::new(2));
    let mut tasks = JoinSet::new();
    for (n, (actor, removal)) in actors.into_iter().zip(removals).enumerate() {
        let (accounts, start) = (house.accounts.clone(), Arc::clone(&start));
        let target = pair[1 - n].target();
        tasks.spawn(async move {
            start.wait().await;
            removal.apply(&accounts, &actor, &target).await
        });
    }
    tasks.join_all().await
}
