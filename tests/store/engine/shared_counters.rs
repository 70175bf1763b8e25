//! The counters that nodes share in Postgres.

use curfew::store::{Pools, fleet::shared_counters::SharedCounters};
use rocket::{futures::future::join_all, tokio::select};

use crate::{
    house::{House, on_each_engine},
    raw::until_one_waits_for_a_lock,
};

/// More than there are connections.
const CROWD: usize = 20;

/// Strangers decide how many wait for the same counter.
#[rocket::async_test]
async fn a_crowd_that_waits_for_one_counter_leaves_connections_to_others() {
    on_each_engine(async |house: &House| {
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        let counters = SharedCounters::of(&house.store, None).expect("Postgres has them");
        let mut holder = pool.begin().await.expect("a transaction");
        let hold = "INSERT INTO curfew_shared_counters (name) VALUES ('hot')";
        sqlx::query(hold).execute(&mut *holder).await.expect("a row that is locked");

        let names = ["hot".to_owned()];
        let crowd = join_all((0..CROWD).map(|_| counters.change(&names, |_, _| ((), None))));
        let others = async {
            until_one_waits_for_a_lock(&house.store).await;
            for _ in 0..CROWD {
                house.store.read().await.expect("a connection");
            }
        };
        select! {
            _ = crowd => panic!("the counter is locked"),
            () = others => {}
        }
        holder.rollback().await.expect("the end");
    })
    .await;
}
