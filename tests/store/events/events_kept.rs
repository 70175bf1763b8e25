//! How long events are kept, and the counts made from them and from the live sessions.

use std::time::Duration;

use chrono::{DurationRound as _, TimeDelta, Timelike as _};
use curfew::{
    accounts::ForceLogoutMoment,
    domain::moment::{MICROSECOND, Moment},
    store::{
        Pools,
        events::delete_old_events,
        logins::{
            by_hour::{HOUR, list_logins},
            live_samples::list_live_samples,
        },
    },
};
use rocket::tokio::{join, time::sleep};

use crate::{
    house::{House, on_each_engine, operator, run_concurrently},
    raw::{count, run, texts},
};

const EVENTS: &str = "SELECT COUNT(*) FROM curfew_events";
const DAY: TimeDelta = TimeDelta::days(1);
/// More events than fit in one batch.
const MANY: i64 = 1_700;

async fn many(house: &House, at: Moment) {
    let sql = format!(
        "INSERT INTO curfew_events (at, kind, actor, subject)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         SELECT CAST('{}' AS {}), 'logout', 'ana', 'ana' FROM n",
        at.to_rfc3339(),
        if matches!(house.store.pools, curfew::store::Pools::Sqlite { .. }) { "TEXT" } else { "TIMESTAMPTZ" },
    );
    run(&house.store, &sql).await;
}

#[rocket::async_test]
async fn an_event_is_kept_for_the_retention_time() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        let purge = async || house.accounts.purge_events().await.expect("the events are purged");
        assert_eq!((purge().await, count(&house.store, EVENTS).await), (0, 2));
        house.store.clock().shift(DAY * 400 - TimeDelta::minutes(1));
        house.log_in(&ana).await;
        assert_eq!(purge().await, 0, "one minute before the limit");
        house.store.clock().shift(TimeDelta::minutes(1));
        assert_eq!((purge().await, count(&house.store, EVENTS).await), (2, 1));
        let shorter = house.accounts_with(|settings| settings.event_retention = Duration::from_secs(30));
        assert_eq!(shorter.purge_events().await.expect("the events are purged"), 1);

        // A purge that someone requested is recorded, but not if there was nothing to delete.
        house.log_in(&ana).await;
        house.store.clock().shift(TimeDelta::minutes(1));
        for purged in [1, 0] {
            assert_eq!(shorter.purge_events_by(&operator()).await.expect("the events are purged"), purged);
            let recorded = "SELECT actor || ' ' || detail FROM curfew_events WHERE kind = 'events-purged'";
            let recorded = texts(&house.store, recorded).await;
            assert!(
                matches!(&recorded[..], [Some(recorded)] if recorded.starts_with("root (command line) older than 2")),
                "{recorded:?}"
            );
        }
    })
    .await;
}

#[rocket::async_test]
async fn many_events_are_purged_in_batches_by_several_nodes_concurrently() {
    on_each_engine(async |house: &House| {
        many(house, house.now().await).await;
        let now = house.now().await;
        let mut tx = house.store.begin().await.expect("a transaction");
        assert_eq!(delete_old_events(&mut tx, now - DAY, 7).await.expect("none"), 0);
        assert_eq!(delete_old_events(&mut tx, now, 7).await.expect("some"), 7);
        tx.commit().await.expect("a commit");
        house.store.clock().shift(DAY * 401);
        let purging = [house.node(), house.node(), house.node()];
        let purging = purging.map(|node| async move { node.purge_events().await.expect("the events are purged") });
        assert_eq!(run_concurrently(purging.into()).await.into_iter().sum::<u64>(), MANY.unsigned_abs() - 7);
        assert_eq!(count(&house.store, EVENTS).await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn an_event_that_is_being_linked_is_purged_afterwards() {
    on_each_engine(async |house: &House| {
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        many(house, house.now().await).await;
        house.store.clock().shift(DAY * 401);
        let mut linking = pool.begin().await.expect("a transaction");
        sqlx::query("SELECT 1 FROM curfew_events FOR SHARE").execute(&mut *linking).await.expect("the locks");
        let ended = async {
            sleep(Duration::from_millis(300)).await;
            linking.commit().await.expect("a commit");
        };
        let (purged, ()) = join!(house.accounts.purge_events(), ended);
        assert_eq!(purged.expect("the events are purged"), MANY.unsigned_abs());
    })
    .await;
}

#[rocket::async_test]
async fn logins_of_past_hours_are_counted_once_and_recent_ones_live() {
    on_each_engine(async |house: &House| {
        let noon = house.now().await.duration_trunc(HOUR).expect("the full hour");
        let happens = async |kind: &str, at: Moment| {
            run(
                &house.store,
                &format!("INSERT INTO curfew_events (at, kind) VALUES ('{}', '{kind}')", at.to_rfc3339()),
            )
            .await;
        };
        for (kind, at) in [
            ("login", noon - MICROSECOND),
            ("login", noon),
            ("login", noon + TimeDelta::minutes(59)),
            ("login-failed", noon + TimeDelta::minutes(59)),
            ("logout", noon + TimeDelta::minutes(59)),
            ("login", noon + HOUR * 2),
            ("login", noon + HOUR * 3),
        ] {
            happens(kind, at).await;
        }
        let shown = async || {
            let mut on = house.store.read().await.expect("a connection");
            let hours = list_logins(&mut on, noon, noon + HOUR * 3).await.expect("the hours");
            assert!(hours.iter().map(|of| of.hour).eq((0..3).map(|hours| noon + HOUR * hours)));
            hours.into_iter().map(|of| (of.logins, of.failed_logins)).collect::<Vec<_>>()
        };
        assert_eq!(shown().await, [(2, 1), (0, 0), (1, 0)]);
        // Two of these hours are over; the third is not over for long enough.
        let now = house.now().await;
        house.store.clock().shift(noon + HOUR * 3 + TimeDelta::minutes(4) - now);
        let nodes = [house.node(), house.node(), house.node()];
        run_concurrently(nodes.map(|node| async move { node.count_past_logins().await.expect("a count") }).into())
            .await;
        house.accounts.count_past_logins().await.expect("a count");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins_by_hour").await, 15 * 24 - 1);
        for hours in 0..3 {
            happens("login", noon + HOUR * hours).await;
        }
        assert_eq!(shown().await, [(2, 1), (0, 0), (2, 0)]);
        house.store.clock().shift(DAY * 20);
        house.accounts.count_past_logins().await.expect("a count");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins_by_hour").await, 15 * 24 - 1);
    })
    .await;
}

#[rocket::async_test]
async fn live_sessions_are_sampled_once_per_hour_and_kept_for_two_weeks() {
    on_each_engine(async |house: &House| {
        // The test must not cross the end of an hour.
        house.store.clock().shift(TimeDelta::minutes(65) - TimeDelta::minutes(house.now().await.minute().into()));
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        let samples = async || {
            let mut on = house.store.read().await.expect("a connection");
            let samples = list_live_samples(&mut on, Moment::UNIX_EPOCH).await.expect("the samples");
            samples.into_iter().map(|(_, live)| live).collect::<Vec<_>>()
        };
        let sample = async || house.accounts.sample_live_sessions().await.expect("a sample");
        sample().await;
        house.log_in(&ana).await;
        let nodes = [house.node(), house.node(), house.node()];
        run_concurrently(nodes.map(|node| async move { node.sample_live_sessions().await.expect("a sample") }).into())
            .await;
        assert_eq!(samples().await.len(), 1, "one sample per hour from all nodes together");
        house.store.clock().shift(TimeDelta::hours(1));
        sample().await;
        assert_eq!(samples().await, [1, 2]);
        house.everyone_out(ForceLogoutMoment::Now).await;
        house.store.clock().shift(TimeDelta::hours(1));
        sample().await;
        assert_eq!(samples().await, [1, 2, 0]);
        house.store.clock().shift(DAY * 15);
        sample().await;
        assert_eq!(samples().await, [0]);
    })
    .await;
}
