//! Each act records one event in the transaction of its effects, and neither contains a secret.

use curfew::{accounts::AccountsError, store::events::list_newest_events};

use crate::{
    acts::{Act, Scene, secrets_of},
    house::{House, on_each_engine},
    raw::{count, dump, run},
};

const EVENTS: &str = "SELECT COUNT(*) FROM curfew_events";

#[rocket::async_test]
async fn each_action_records_one_event_in_its_transaction_without_secrets() {
    for (act, kind, reason, words) in Act::ALL {
        on_each_engine(async |house: &House| {
            let scene = Scene::set(house, act).await;
            must_have_no_effect_without_its_event(house, act, &scene).await;
            let before = count(&house.store, EVENTS).await;
            let started = act.perform(house, &scene).await.unwrap_or_else(|error| panic!("{act:?}: {error}"));
            assert_eq!(count(&house.store, EVENTS).await, before + 1, "{act:?}");
            let mut on = house.store.read().await.expect("a connection");
            let event = list_newest_events(&mut on, 1).await.expect("an answer").remove(0);
            assert_eq!(event.kind, kind, "{act:?}");
            assert_eq!(event.reason, reason.map(|reason| reason.code().to_owned()), "{act:?}");
            let detail = event.detail.unwrap_or_default();
            let is_recorded = if words.ends_with(' ') { detail.starts_with(words) } else { detail == words };
            assert!(is_recorded, "{act:?}: {detail:?}");
            let secrets = scene.secrets.iter().cloned().chain(started.iter().flat_map(secrets_of));
            must_store_no_secret(house, act, secrets.collect()).await;
        })
        .await;
    }
}

async fn must_have_no_effect_without_its_event(house: &House, act: Act, scene: &Scene) {
    run(&house.store, "ALTER TABLE curfew_events RENAME TO events_elsewhere").await;
    let before = dump(&house.store).await;
    let failed = act.perform(house, scene).await;
    assert!(matches!(failed, Err(AccountsError::Store(_))), "{act:?}: {failed:?}");
    assert_eq!(dump(&house.store).await, before, "{act:?}");
    run(&house.store, "ALTER TABLE events_elsewhere RENAME TO curfew_events").await;
}

async fn must_store_no_secret(house: &House, act: Act, secrets: Vec<String>) {
    for row in dump(&house.store).await {
        let row = row.to_lowercase();
        let found = secrets.iter().find(|secret| row.contains(&secret.to_lowercase()));
        assert_eq!(found, None, "{act:?}: {row}");
    }
}

#[rocket::async_test]
async fn an_unknown_name_typed_at_login_is_stored_nowhere() {
    on_each_engine(async |house: &House| {
        let typed = "my-password-in-the-wrong-field";
        let refused = house.accounts.log_in(&crate::house::client(), &crate::house::credentials(typed, "x")).await;
        assert!(matches!(refused, Err(AccountsError::BadCredentials)), "{refused:?}");
        assert_eq!(count(&house.store, EVENTS).await, 1);
        assert!(dump(&house.store).await.iter().all(|row| !row.contains(typed)));
    })
    .await;
}
