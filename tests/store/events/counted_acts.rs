//! Acts that a client can repeat at will are counted instead of flooding the events.

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, Client, Target},
    domain::{event_kind::EventKind, people::role::Role},
};

use crate::{
    house::{House, on_each_engine, run_concurrently},
    raw::{count, run, texts},
};

const REFUSED: &str = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'refused'";
/// The counts of the refusals and their details, oldest first.
const COUNTED: &str =
    "SELECT CAST(times AS TEXT) || ' ' || detail FROM curfew_events WHERE kind = 'refused' ORDER BY id";
const MORE_THAN_AN_INTERVAL: TimeDelta = TimeDelta::minutes(11);

async fn request(house: &House, actor: &Actor, target: Option<i64>, request: &str) {
    house.accounts.record_refused_access(actor, target.map(Target::Id), request).await.expect("it is recorded");
}

#[rocket::async_test]
async fn a_flood_of_refused_requests_is_two_events_with_a_count() {
    on_each_engine(async |house: &House| {
        let (root, ana) = (house.person("root", Role::Superuser).await, house.member("ana").await);
        let ana = house.acting(&ana).await;
        let flood = (0..40).map(|_| {
            let (accounts, actor, target) = (house.accounts.clone(), ana.clone(), Some(Target::Id(root.id)));
            async move { accounts.record_refused_access(&actor, target, "GET /admin/users/1").await }
        });
        for recorded in run_concurrently(flood.collect()).await {
            recorded.expect("it is recorded");
        }
        assert_eq!(count(&house.store, REFUSED).await, 1, "the first, at once");
        assert_eq!(house.accounts.write_counted_acts().await.expect("an answer"), 0, "the interval is not over");
        house.store.clock().shift(MORE_THAN_AN_INTERVAL);
        assert_eq!(house.accounts.write_counted_acts().await.expect("an answer"), 1);
        let counted = texts(&house.store, COUNTED).await;
        let words = "GET /admin/users/1: their role does not allow it; from ";
        assert!(counted[1].as_ref().is_some_and(|text| text.starts_with(&format!("39 {words}"))), "{counted:?}");
        let both = house.accounts.list_newest_events_of(root.id, 20).await.expect("a list");
        assert_eq!(both.iter().map(|event| event.times).collect::<Vec<_>>(), [39, 1, 1]);

        // The count of a running interval is written when the server stops.
        request(house, &ana, Some(root.id), "GET /admin/users/1").await;
        assert_eq!(house.accounts.write_all_counted_acts().await.expect("an answer"), 1);
        assert_eq!(count(&house.store, REFUSED).await, 3);
    })
    .await;
}

#[rocket::async_test]
async fn the_first_act_of_an_interval_is_recorded_with_the_client_that_did_it() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let ana = house.acting(&ana).await;
        for address in ["192.0.2.1", "203.0.113.9"] {
            let client = Some(Client::new(address.to_owned(), "a browser"));
            request(house, &Actor { client, ..ana.clone() }, None, "GET /admin").await;
            house.store.clock().shift(MORE_THAN_AN_INTERVAL);
        }
        let addresses = "SELECT address FROM curfew_events WHERE kind = 'refused' ORDER BY id";
        let recorded = texts(&house.store, addresses).await;
        assert_eq!(recorded, [Some("192.0.2.1".to_owned()), Some("203.0.113.9".to_owned())]);
    })
    .await;
}

#[rocket::async_test]
async fn repeats_wait_for_a_database_that_is_gone() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let ana = house.acting(&ana).await;
        run(&house.store, "ALTER TABLE curfew_events RENAME TO events_elsewhere").await;
        let failed = house.accounts.record_refused_access(&ana, None, "GET /admin").await;
        assert!(failed.is_err(), "{failed:?}");
        run(&house.store, "ALTER TABLE events_elsewhere RENAME TO curfew_events").await;
        request(house, &ana, None, "GET /admin").await;
        assert_eq!(count(&house.store, REFUSED).await, 1, "a first act that was not written comes again");
        request(house, &ana, None, "GET /admin").await;
        run(&house.store, "ALTER TABLE curfew_events RENAME TO events_elsewhere").await;
        assert!(house.accounts.write_all_counted_acts().await.is_err());
        run(&house.store, "ALTER TABLE events_elsewhere RENAME TO curfew_events").await;
        assert_eq!(house.accounts.write_all_counted_acts().await.expect("an answer"), 1);
        assert_eq!(count(&house.store, REFUSED).await, 2);
    })
    .await;
}

/// A user's page shows the newest events. Attempts by strangers leave room for what really happened.
#[rocket::async_test]
async fn attempts_do_not_bury_the_events_of_a_user() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for _ in 0..3 {
            house.log_in(&ana).await;
        }
        let at = house.now().await + TimeDelta::seconds(1);
        for kind in EventKind::ALL.into_iter().filter(|kind| kind.is_attempt()) {
            let sql = format!(
                "INSERT INTO curfew_events (at, kind, subject_id, subject)
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
                 SELECT CAST('{}' AS {}), '{}', {}, 'ana' FROM n",
                at.to_rfc3339(),
                if matches!(house.store.pools, curfew::store::Pools::Sqlite { .. }) { "TEXT" } else { "TIMESTAMPTZ" },
                kind.code(),
                ana.id,
            );
            run(&house.store, &sql).await;
        }
        let listed = house.accounts.list_newest_events_of(ana.id, 20).await.expect("a list");
        let kinds: Vec<_> = listed.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds[5..], ["login", "login", "login", "user-created"], "{kinds:?}");
        assert!(listed[..5].iter().all(curfew::store::events::EventRow::is_attempt), "{kinds:?}");
    })
    .await;
}
