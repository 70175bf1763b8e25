//! A transaction that Postgres aborted: it never counts as committed, and the next one succeeds.

use curfew::store::{Pools, Transaction};
use sqlx::{AssertSqlSafe, raw_sql};

use crate::{
    house::{House, on_each_engine},
    raw::{count, run},
};

/// How the transaction is broken after its first change, from inside or outside.
const ENDS: [(&str, &str); 3] = [
    ("SELECT 1 / 0", ""),
    ("SET idle_in_transaction_session_timeout = 1", ""),
    (
        "",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'idle in transaction'",
    ),
];
const OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'idle in transaction'";

#[rocket::async_test]
async fn a_transaction_aborted_by_postgres_never_commits_and_the_next_one_does() {
    on_each_engine(async |house: &House| {
        if !matches!(house.store.pools, Pools::Postgres { .. }) {
            return;
        }
        let ana = house.member("ana").await;
        for (inside, outside) in ENDS {
            let mut tx = house.store.begin().await.expect("a transaction");
            let Transaction::Postgres(on, _) = &mut tx else { unreachable!("it is on Postgres") };
            raw_sql("UPDATE curfew_users SET is_active = FALSE").execute(&mut **on).await.expect("a change");
            // As code does that ignores an error.
            let _ = raw_sql(AssertSqlSafe(inside)).execute(&mut **on).await;
            if !outside.is_empty() {
                run(&house.store, outside).await;
            }
            while count(&house.store, OPEN).await > 0 {}
            assert!(tx.commit().await.is_err(), "{inside}{outside}");
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 0);
            for _ in 0..8 {
                house.log_in(&ana).await;
            }
        }
    })
    .await;
}

/// A statement of its own may leave a transaction open, which sqlx did not begin.
#[rocket::async_test]
async fn a_connection_left_inside_a_transaction_is_closed() {
    on_each_engine(async |house: &House| {
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        let mut left = pool.acquire().await.expect("a connection");
        raw_sql("SET application_name = 'left'; BEGIN").execute(&mut *left).await.expect("a transaction");
        drop(left);
        let named = "SELECT COUNT(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'left' AND state = 'idle in transaction'";
        // The pool examines a connection before it hands it out again, so taking all of them leaves none to examine.
        let mut taken = Vec::new();
        for _ in 0..pool.options().get_max_connections() {
            let mut on = pool.acquire().await.expect("a connection");
            let (name,): (String,) =
                sqlx::query_as("SELECT current_setting('application_name')").fetch_one(&mut *on).await.expect("a name");
            assert_ne!(name, "left");
            taken.push(on);
        }
        drop(taken);
        assert_eq!(count(&house.store, named).await, 0);
    })
    .await;
}
