//! A transaction that writes to many sessions locks their accounts first, in ascending order. So concurrent ones wait
//! for each other and never deadlock.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, ActivityOf, Actor, Result},
    domain::{bulk::BulkAction, logins::public_id::PublicId, people::role::Role},
    store::Pools,
};
use rocket::tokio::join;

use crate::{
    bulk::actions::{begin, begun, many_logged_in, matching, preview},
    house::{House, on_each_engine},
    raw::{run, texts, until_one_waits_for_a_lock},
};

/// More than one transaction handles.
const PEOPLE: u32 = 600;
/// The live sessions of these users. Other ids may start with the same letters but are longer.
const LIVE: &str = "SELECT id FROM curfew_logins WHERE id LIKE 'of%' AND length(id) < 16 AND ended_at IS NULL";

/// Everyone is logged in, seen and forced out. The ends and the activity are still to be written.
async fn forced_out(house: &House, staff: &Actor) {
    run(
        &house.store,
        "UPDATE curfew_logins SET ended_at = NULL, reason = NULL, last_seen = login_date WHERE id LIKE 'of%' AND length(id) < 16",
    )
    .await;
    run(&house.store, "UPDATE curfew_users SET force_logout_date = NULL").await;
    let limits = house.accounts.settings().limits(Role::Member);
    let at = house.now().await + TimeDelta::minutes(2);
    for session in texts(&house.store, LIVE).await.into_iter().flatten() {
        let user_id = session.trim_start_matches("of").parse().expect("a number");
        let session = PublicId::from_stored(session);
        house.accounts.record_activity(ActivityOf { user_id, session: &session, limits, at });
    }
    let confirmed = begin(preview(&house.accounts, staff, &matching(BulkAction::ForceLogout, "many")).await);
    assert_eq!(confirmed.promised.sessions, u64::from(PEOPLE));
    begun(house, staff, confirmed).await.run().await.expect("the bulk action finishes");
}

#[rocket::async_test]
async fn concurrent_writes_of_ends_and_activity_do_not_deadlock() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, PEOPLE).await;
        for round in 0..8 {
            forced_out(house, &staff).await;
            let (ends, seen) = join!(house.accounts.write_ends(), house.accounts.flush_activity());
            ends.and(seen).unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
    })
    .await;
}

/// On Postgres only: SQLite has one writer.
#[rocket::async_test]
async fn writers_of_many_sessions_lock_the_accounts_first_in_ascending_order() {
    async fn locks_in_order(house: &House, write: impl AsyncFnOnce(Accounts) -> Result<()>) {
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        let accounts = "SELECT CAST(id AS TEXT) FROM curfew_users WHERE username LIKE 'many%'";
        let numbers = |ids: Vec<Option<String>>| -> BTreeSet<i64> {
            ids.into_iter().flatten().map(|id| id.parse().expect("a number")).collect()
        };
        let all = numbers(texts(&house.store, accounts).await);
        // Every even id now comes after the odd ones around it on disk.
        run(&house.store, "UPDATE curfew_users SET last_login = date_joined WHERE id % 2 = 0").await;
        let held = all.iter().filter(|id| *id % 2 == 0).nth(all.len() / 4).copied().expect("an account");
        let mut holder = pool.begin().await.expect("a transaction");
        let lock = "SELECT 1 FROM curfew_users WHERE id = $1 FOR UPDATE";
        sqlx::query(lock).bind(held).execute(&mut *holder).await.expect("a lock");
        let watched = async {
            until_one_waits_for_a_lock(&house.store).await;
            let free = |sql: &str| format!("{sql} FOR NO KEY UPDATE SKIP LOCKED");
            let (accounts, sessions) =
                (texts(&house.store, &free(accounts)).await, texts(&house.store, &free(LIVE)).await);
            holder.rollback().await.expect("the lock is released");
            (numbers(accounts), sessions.len())
        };
        let (written, (free, free_sessions)) = join!(write(house.accounts.clone()), watched);
        written.unwrap_or_else(|error| panic!("{error}"));
        let locked: Vec<i64> = all.difference(&free).copied().collect();
        assert!(locked.len() > 1 && locked.iter().all(|id| *id <= held), "{held} is locked by the test: {locked:?}");
        assert_eq!(u32::try_from(free_sessions), Ok(PEOPLE), "no session may be locked yet");
    }
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, PEOPLE).await;
        forced_out(house, &staff).await;
        locks_in_order(house, async |accounts| accounts.write_ends().await).await;
        forced_out(house, &staff).await;
        locks_in_order(house, async |accounts| accounts.flush_activity().await).await;
    })
    .await;
}
