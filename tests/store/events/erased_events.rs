//! The events of a deleted account lose its email, addresses and user agents.

use curfew::{
    accounts::{Client, ForceLogoutMoment},
    domain::people::role::Role,
    store::Pools,
};

use crate::{
    house::{House, NEW_PASSWORD, Person, client, credentials, on_each_engine, operator, reasons},
    raw::{count, dump, run, texts},
};

/// What the events have of one account's clients and emails.
const PERSONAL: [&str; 3] = ["192.0.2.7", "a browser of the tests", "@example.org"];

/// A member with events of each kind that holds something personal.
async fn with_events(house: &House, name: &str) -> Person {
    let person = house.member(name).await;
    let acting = house.acting(&person).await;
    let wrong = house.accounts.log_in(&client(), &credentials(name, NEW_PASSWORD)).await;
    assert!(wrong.is_err());
    house.change_email(&acting, &person, &format!("other.{name}@example.org")).await;
    house.accounts.record_refused_access(&acting, None, "GET /admin").await.expect("it is recorded");
    house.accounts.record_refused_access(&acting, None, "GET /admin").await.expect("it is counted");
    person
}

/// The events that name the user and still have something personal.
async fn personal_events(house: &House, name: &str) -> Vec<String> {
    let rows = dump(&house.store).await.into_iter().filter(|row| row.starts_with("curfew_events: "));
    rows.filter(|row| row.contains(name) && PERSONAL.iter().any(|text| row.contains(text))).collect()
}

#[rocket::async_test]
async fn a_deleted_account_leaves_no_email_address_or_user_agent_in_the_events() {
    on_each_engine(async |house: &House| {
        let (zoe, ana) = (with_events(house, "zoe").await, with_events(house, "ana").await);
        let sam = house.person("sam", Role::Superuser).await;
        let sam = house.acting(&sam).await;
        let sam = curfew::accounts::Actor { client: Some(Client::new("198.51.100.1".to_owned(), "of staff")), ..sam };
        house.accounts.force_logout(&sam, &zoe.target(), ForceLogoutMoment::Now, &reasons()).await.expect("done");
        let before = count(&house.store, "SELECT COUNT(*) FROM curfew_events").await;
        assert!(personal_events(house, "zoe").await.len() >= 4);
        house.accounts.delete_user(&operator(), &zoe.target(), &reasons()).await.expect("a deletion");
        assert!(house.accounts.erase_events_of_deleted().await.expect("an answer") >= 4);
        house.accounts.write_all_counted_acts().await.expect("an answer");
        assert_eq!(personal_events(house, "zoe").await, [""; 0]);
        let keys =
            "SELECT COUNT(*) FROM curfew_events WHERE actor = 'zoe' AND (address_key <> '' OR browser_key <> '')";
        assert_eq!(count(&house.store, keys).await, 0, "nor what is derived from them");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, before + 3, "no event is gone");

        // The address of staff who acted on the account stays, and so does what belongs to others.
        let of_staff = "SELECT address FROM curfew_events WHERE kind = 'force-logout'";
        assert_eq!(texts(&house.store, of_staff).await, [Some("198.51.100.1".to_owned())]);
        assert!(personal_events(house, "ana").await.len() >= 4, "{}", ana.name);
        assert_eq!(house.accounts.erase_events_of_deleted().await.expect("an answer"), 0);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_event_erasures").await, 0);
    })
    .await;
}

/// The guard has accepted a request, and then the account is deleted and its events are erased.
#[rocket::async_test]
async fn what_a_deleted_account_still_does_is_recorded_without_its_client() {
    on_each_engine(async |house: &House| {
        let zoe = house.member("zoe").await;
        let acting = house.acting(&zoe).await;
        house.accounts.delete_user(&operator(), &zoe.target(), &reasons()).await.expect("a deletion");
        house.accounts.erase_events_of_deleted().await.expect("an answer");
        house.accounts.record_refused_access(&acting, None, "GET /admin").await.expect("it is recorded");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE kind = 'refused'").await, 1);
        assert_eq!(personal_events(house, "zoe").await, [""; 0]);
    })
    .await;
}

#[rocket::async_test]
async fn the_events_of_an_account_that_exists_are_never_erased() {
    on_each_engine(async |house: &House| {
        with_events(house, "ana").await;
        let before = personal_events(house, "ana").await;
        run(&house.store, "INSERT INTO curfew_event_erasures (user_id) SELECT id FROM curfew_users").await;
        assert_eq!(house.accounts.erase_events_of_deleted().await.expect("an answer"), 0);
        assert_eq!(personal_events(house, "ana").await, before);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_event_erasures").await, 0);
    })
    .await;
}

/// More than a batch, of an account that was deleted by hand.
#[rocket::async_test]
async fn many_events_are_erased_in_batches() {
    on_each_engine(async |house: &House| {
        let zoe = house.member("zoe").await;
        let at =
            if matches!(house.store.pools, Pools::Sqlite { .. }) { "'2026-03-01T00:00:00+00:00'" } else { "now()" };
        let sql = format!(
            "INSERT INTO curfew_events (at, kind, actor_id, actor, subject_id, subject, address, user_agent)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
             SELECT {at}, 'logout', {id}, 'zoe', {id}, 'zoe', '192.0.2.7', 'x' FROM n",
            id = zoe.id,
        );
        run(&house.store, &sql).await;
        run(&house.store, &format!("DELETE FROM curfew_users WHERE id = {}", zoe.id)).await;
        assert_eq!(house.accounts.erase_events_of_deleted().await.expect("an answer"), 1_200);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE address IS NOT NULL").await, 0);
    })
    .await;
}
