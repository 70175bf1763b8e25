//! Whoever writes into many sessions locks their accounts first, in one order, so that those who do it at
//! once wait for one another and never in a circle.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use curfew::{
    accounts::{Accounts, ActivityOf, Actor, Result},
    domain::{bulk::BulkAction, logins::session_secret::SessionId, people::role::Role},
    store::Store,
};
use rocket::tokio::{join, time::sleep};

use crate::{
    bulk::{begin, begun, many_logged_in, matching, preview},
    house::{House, on_each_engine},
    raw::{count, run, texts},
};

/// More than one transaction writes into.
const PEOPLE: u32 = 600;
/// Of their sessions, those that nothing ended; another's name may begin with the same letters, and is longer.
const LIVE: &str = "SELECT id FROM curfew_logins WHERE id LIKE 'of%' AND length(id) < 16 AND ended_at IS NULL";

/// All are logged in, are seen again, and forced out; who ended them, and the requests, are to be written.
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
        let session = SessionId::from_stored(session);
        house.accounts.record_activity(ActivityOf { user_id, session: &session, limits, at });
    }
    let confirmed = begin(preview(&house.accounts, staff, &matching(BulkAction::ForceLogout, "many")).await);
    assert_eq!(confirmed.promised.sessions, u64::from(PEOPLE));
    begun(house, staff, confirmed).await.run().await.expect("it comes to its end");
}

#[rocket::async_test]
async fn writing_who_ended_many_and_their_last_requests_at_once_is_no_deadlock() {
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

/// On Postgres alone: SQLite has one writer.
#[rocket::async_test]
async fn each_who_writes_into_many_sessions_locks_their_accounts_before_them_by_number() {
    async fn locks_in_order(house: &House, write: impl AsyncFnOnce(Accounts) -> Result<()>) {
        let Store::Postgres { pool, .. } = &house.store else { return };
        let accounts = "SELECT CAST(id AS TEXT) FROM curfew_users WHERE username LIKE 'many%'";
        let numbers = |ids: Vec<Option<String>>| -> BTreeSet<i64> {
            ids.into_iter().flatten().map(|id| id.parse().expect("a number")).collect()
        };
        let all = numbers(texts(&house.store, accounts).await);
        // Each even number lies behind the odd ones around it now.
        run(&house.store, "UPDATE curfew_users SET last_login = date_joined WHERE id % 2 = 0").await;
        let held = all.iter().filter(|id| *id % 2 == 0).nth(all.len() / 4).copied().expect("an account");
        let mut holder = pool.begin().await.expect("a transaction");
        let lock = "SELECT 1 FROM curfew_users WHERE id = $1 FOR UPDATE";
        sqlx::query(lock).bind(held).execute(&mut *holder).await.expect("a lock");
        let watched = async {
            let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while count(&house.store, waiting).await == 0 {
                sleep(Duration::from_millis(5)).await;
            }
            let free = |sql: &str| format!("{sql} FOR NO KEY UPDATE SKIP LOCKED");
            let (accounts, sessions) =
                (texts(&house.store, &free(accounts)).await, texts(&house.store, &free(LIVE)).await);
            holder.rollback().await.expect("it lets go");
            (numbers(accounts), sessions.len())
        };
        let (written, (free, free_sessions)) = join!(write(house.accounts.clone()), watched);
        written.unwrap_or_else(|error| panic!("{error}"));
        let locked: Vec<i64> = all.difference(&free).copied().collect();
        assert!(locked.len() > 1 && locked.iter().all(|id| *id <= held), "{held} is waited for: {locked:?}");
        assert_eq!(u32::try_from(free_sessions), Ok(PEOPLE), "no session is locked yet");
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
