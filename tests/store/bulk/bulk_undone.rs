//! A bulk action is one event, remembers whom it affected, and can be undone for exactly these.

use curfew::{
    accounts::Target,
    domain::{
        bulk::{BulkAction, BulkChoice, BulkScope},
        lists::users_query::PageNumber,
        people::role::Role,
    },
    store::events::list_newest_events,
};

use crate::{
    bulk::actions::{begin, begun, many_logged_in, matching, preview, progress},
    house::{House, on_each_engine, operator, reasons},
    raw::{count, texts},
};

#[rocket::async_test]
async fn the_inverse_affects_exactly_those_whom_the_action_affected() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, 60).await;
        let before = house.member("many-before").await;
        house.accounts.deactivate(&operator(), &before.target(), None, &reasons()).await.expect("an act");
        let confirmed = begin(preview(&house.accounts, &staff, &matching(BulkAction::Deactivate, "many")).await);
        let id = confirmed.id.clone();
        begun(house, &staff, confirmed).await.run().await.expect("the bulk action finishes");
        let after = house.member("many-after").await;
        house.accounts.deactivate(&operator(), &after.target(), None, &reasons()).await.expect("an act");

        let (first, has_more) = house.accounts.list_bulk_users(&id, PageNumber::default()).await.expect("a list");
        assert_eq!((first.len(), has_more), (50, true));
        let second = PageNumber::parse("2").expect("a page");
        let (rest, has_more) = house.accounts.list_bulk_users(&id, second).await.expect("a list");
        assert_eq!((rest.len(), has_more), (10, false));
        assert!(first.iter().chain(&rest).all(|user| user.username != "many-before"));

        let ids = texts(&house.store, "SELECT CAST(id AS TEXT) FROM curfew_users WHERE username = 'many7'").await;
        let gone = Target::Id(ids[0].as_ref().expect("an id").parse().expect("a number"));
        house.accounts.delete_user(&operator(), &gone, &reasons()).await.expect("an act");
        let undo = BulkChoice::new(BulkAction::Deactivate.inverse(false).expect("an inverse"), BulkScope::Listed(id));
        let previewed = preview(&house.accounts, &staff, &undo).await;
        assert_eq!((previewed.counts.users, previewed.counts.missing, previewed.counts.already), (59, 1, 0));
        begun(house, &staff, begin(previewed)).await.run().await.expect("the bulk action finishes");
        let inactive = "SELECT username FROM curfew_users WHERE NOT is_active ORDER BY id";
        let left = texts(&house.store, inactive).await;
        assert_eq!(left, [Some("many-before".to_owned()), Some("many-after".to_owned())]);
    })
    .await;
}

#[rocket::async_test]
async fn a_bulk_action_is_one_of_the_newest_acts_and_asks_for_receipts() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, 30).await;
        let confirmed = begin(preview(&house.accounts, &staff, &matching(BulkAction::ForceLogout, "many")).await);
        let id = confirmed.id.clone();
        begun(house, &staff, confirmed).await.run().await.expect("the bulk action finishes");
        house.member("later").await;

        let mut on = house.store.read().await.expect("a connection");
        let acts = list_newest_events(&mut on, 3).await.expect("a list");
        let kinds: Vec<_> = acts.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds[1], "bulk-action", "{kinds:?}");
        assert!(!kinds.contains(&"force-logout"), "{kinds:?}");
        let whole = &acts[1];
        assert_eq!(
            (whole.detail.as_deref(), whole.bulk_id.as_deref()),
            (Some("force logout for 30 users"), Some(id.as_str()))
        );
        assert_eq!(whole.staff_reason.as_deref(), reasons().for_staff.as_deref());
        let record = progress(house, &id).await;
        assert_eq!((record.event_id, record.staff_reason.as_deref()), (Some(whole.id), whole.staff_reason.as_deref()));
        let parts =
            format!("SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout' AND bulk_id = '{}'", id.as_str());
        assert_eq!(count(&house.store, &parts).await, 30);
        let asked = format!("SELECT COUNT(*) FROM curfew_standing_changes WHERE event_id = {}", whole.id);
        assert_eq!(count(&house.store, &asked).await, 1);
        // It follows all other changes of the action, so a node that has applied it has applied them too.
        let last = "SELECT event_id FROM curfew_standing_changes WHERE event_id IS NOT NULL ORDER BY id DESC LIMIT 1";
        assert_eq!(count(&house.store, last).await, whole.id);
    })
    .await;
}
