//! The search finds the events of a bulk action before and after their names are indexed.

use curfew::{
    domain::{
        bulk::BulkAction,
        lists::{events_query::EventsQuery, users_filter::SearchText, users_query::PageNumber},
    },
    store::{Pools, lists::events::list_events},
};

use crate::{
    bulk::actions::{begin, begun, many_logged_in, matching, preview},
    house::{House, on_each_engine, operator},
    raw::{count, run},
};

/// The number of events found by part of a name.
async fn found(house: &House, part: &str) -> i64 {
    let search = SearchText::parse(part).expect("a search");
    let query = EventsQuery { search, ..EventsQuery::default() };
    let mut on = house.store.read().await.expect("a connection");
    list_events(&mut on, &query, PageNumber::parse("1").expect("a page")).await.expect("a page").total
}

async fn left(house: &House) -> i64 {
    count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE NOT names_indexed").await
}

/// Searches a short text, a name, part of a name, the actor of these events and of the bulk action's own, and a name
/// that nobody has.
async fn all_events_are_found(house: &House) {
    for (part, expected) in [("many", 60), ("many1", 11), ("ny42", 1), ("ny", 60), ("root", 61), ("nobody", 0)] {
        assert_eq!(found(house, part).await, expected, "{part}");
    }
}

#[rocket::async_test]
async fn bulk_events_are_found_before_and_after_indexing() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 60).await;
        run(&house.store, "DELETE FROM curfew_events").await;
        let previewed = preview(&house.accounts, &operator(), &matching(BulkAction::Deactivate, "many")).await;
        begun(house, &operator(), begin(previewed)).await.run().await.expect("the bulk action finishes");
        assert_eq!(left(house).await, 60);
        all_events_are_found(house).await;
        assert_eq!(house.accounts.index_events().await.expect("the events are indexed"), 60);
        assert_eq!(left(house).await, 0);
        all_events_are_found(house).await;
    })
    .await;
}

/// Indexing would slow down a running bulk action, whose events are found without the index.
#[rocket::async_test]
async fn indexing_waits_for_a_running_bulk_action_but_not_for_an_interrupted_one() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 3).await;
        let previewed = preview(&house.accounts, &operator(), &matching(BulkAction::Deactivate, "many")).await;
        begun(house, &operator(), begin(previewed)).await.run().await.expect("the bulk action finishes");
        run(&house.store, "UPDATE curfew_bulk_actions SET ended_at = NULL").await;
        assert_eq!(house.accounts.index_events().await.expect("an answer"), 0);
        assert_eq!(left(house).await, 3);
        house.store.clock().shift(chrono::TimeDelta::minutes(2));
        assert_eq!(house.accounts.index_events().await.expect("an answer"), 3);
    })
    .await;
}

/// On SQLite that would corrupt the index for all events.
#[rocket::async_test]
async fn events_changed_by_sql_before_indexing_leave_the_index_intact() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 12).await;
        run(&house.store, "DELETE FROM curfew_events").await;
        let previewed = preview(&house.accounts, &operator(), &matching(BulkAction::Deactivate, "many")).await;
        begun(house, &operator(), begin(previewed)).await.run().await.expect("the bulk action finishes");
        run(&house.store, "DELETE FROM curfew_events WHERE subject = 'many1'").await;
        run(&house.store, "UPDATE curfew_events SET names_key = 'zoe' WHERE subject = 'many2'").await;
        house.accounts.index_events().await.expect("the events are indexed");
        run(&house.store, "DELETE FROM curfew_events WHERE subject = 'many3'").await;
        run(&house.store, "UPDATE curfew_events SET names_indexed = FALSE WHERE subject = 'many4'").await;
        for (part, expected) in [("many", 9), ("many1", 3), ("zoe", 1), ("many3", 0), ("many4", 1), ("many5", 1)] {
            assert_eq!(found(house, part).await, expected, "{part}");
        }
        house.accounts.index_events().await.expect("the events are indexed");
        assert_eq!((found(house, "many4").await, left(house).await), (1, 0));
        if matches!(house.store.pools, Pools::Sqlite { .. }) {
            run(&house.store, "INSERT INTO curfew_events_search (curfew_events_search) VALUES ('integrity-check')")
                .await;
        }
    })
    .await;
}
