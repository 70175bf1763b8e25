//! The chain of events: what a verification finds, and what it rightly accepts.

use chrono::TimeDelta;
use curfew::{
    accounts::{ChainBreak, ChainFault, ChainKeys, ChainVerdict, NotedLink, WholeChain},
    domain::{letters::link::LinkPurpose, people::role::Role},
    settings::{SecretKeys, SecretMaterial},
    store::Pools,
};

use crate::{
    harness::quick_or_soak,
    house::{House, PASSWORD, client, credentials, on_each_engine, operator, reasons, run_concurrently},
    raw::{count, run, texts},
};

fn secret_keys() -> SecretKeys {
    SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() }
}

fn keys() -> ChainKeys {
    ChainKeys::new(&secret_keys())
}

async fn link(house: &House, keys: &ChainKeys) -> u64 {
    house.accounts.link_events(keys).await.expect("the events are linked")
}

async fn verify(house: &House, keys: &ChainKeys) -> ChainVerdict {
    verify_since(house, keys, None).await
}

async fn verify_since(house: &House, keys: &ChainKeys, since: Option<&NotedLink>) -> ChainVerdict {
    house.accounts.verify_events(keys, since).await.expect("an answer")
}

async fn whole(house: &House, keys: &ChainKeys) -> WholeChain {
    match verify(house, keys).await {
        ChainVerdict::Whole(chain) => chain,
        ChainVerdict::Broken(at) => panic!("{at}"),
    }
}

async fn broken(house: &House, keys: &ChainKeys) -> ChainBreak {
    match verify(house, keys).await {
        ChainVerdict::Whole(chain) => panic!("{chain}"),
        ChainVerdict::Broken(at) => at,
    }
}

/// The last link, as an operator notes it.
async fn note(house: &House, keys: &ChainKeys) -> NotedLink {
    let last = whole(house, keys).await.last.expect("a link");
    NotedLink { number: last.number, hash: last.hash }
}

/// Deletes all links and puts all events back, so that they are linked again.
async fn put_all_back(house: &House) {
    run(&house.store, "DELETE FROM curfew_event_links").await;
    run(&house.store, "DELETE FROM curfew_events_to_link").await;
    run(&house.store, "INSERT INTO curfew_events_to_link (event_id) SELECT id FROM curfew_events").await;
}

/// What the nodes have recorded about the chain.
async fn stops(house: &House) -> Vec<String> {
    let sql = "SELECT detail FROM curfew_events WHERE kind = 'chain-stopped' ORDER BY id";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

/// Events of several kinds, linked.
async fn with_events(house: &House, keys: &ChainKeys) {
    let ana = house.member("ana").await;
    house.acting(&ana).await; // its login is an event
    run(&house.store, "UPDATE curfew_users SET pending_email = 'new@example.org'").await;
    let token = house.link(LinkPurpose::Verify, &ana, "new@example.org").await;
    house.accounts.verify_email(&client(), &token).await.expect("a new email");
    house.force_out(&ana).await;
    assert_eq!(link(house, keys).await, 4);
}

#[rocket::async_test]
async fn a_chain_without_a_break_says_how_many_events_it_has() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        assert_eq!(whole(house, &keys).await, WholeChain::default());
        with_events(house, &keys).await;
        assert_eq!(link(house, &keys).await, 0, "each event is linked once");
        house.member("ben").await;
        let chain = whole(house, &keys).await;
        assert_eq!((chain.linked, chain.not_linked, chain.erased), (4, 1, 0));
        assert_eq!(chain.last.as_ref().map(|last| last.number), Some(4));
        let words = chain.to_string();
        assert!(words.starts_with("The chain has no break: 4 events, the last one "), "{words}");
        assert!(words.ends_with(" Not linked yet, so not verified: 1 event."), "{words}");
    })
    .await;
}

/// Each column of an event, and each of a link.
#[rocket::async_test]
async fn every_change_of_an_event_or_a_link_is_found() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        let ids = texts(&house.store, "SELECT CAST(id AS TEXT) FROM curfew_events ORDER BY id").await;
        let id = ids[2].clone().expect("an id");
        let number: i64 = id.parse().expect("a number");
        let bytes = if matches!(house.store.pools, Pools::Sqlite { .. }) { "x'00'" } else { "'\\x00'" };
        for (table, column, value) in [
            ("events", "at", "'2026-03-01T00:00:00+00:00'"),
            ("events", "kind", "'login'"),
            ("events", "actor_id", "77"),
            ("events", "actor", "'ben'"),
            ("events", "subject_id", "77"),
            ("events", "subject", "'ben'"),
            ("events", "session_id", "'x'"),
            ("events", "reason", "'idle'"),
            ("events", "staff_reason", "'x'"),
            ("events", "user_reason", "'x'"),
            ("events", "address", "'203.0.113.9'"),
            ("events", "address", "NULL"),
            ("events", "user_agent", "'x'"),
            ("events", "detail", "'x'"),
            ("events", "times", "2"),
            ("events", "bulk_id", "'x'"),
            ("events", "names_key", "'x'"),
            ("event_links", "event_at", "'2026-03-01T00:00:00+00:00'"),
            ("event_links", "linked_at", "'2026-03-01T00:00:00+00:00'"),
            ("event_links", "digest", bytes),
            ("event_links", "personal_digest", bytes),
            ("event_links", "salt", bytes),
            ("event_links", "salt", "NULL"),
            ("event_links", "previous", bytes),
            ("event_links", "hash", bytes),
            ("event_links", "seal", bytes),
        ] {
            let (of, table) = (if table == "events" { "id" } else { "event_id" }, format!("curfew_{table}"));
            run(&house.store, &format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
            run(&house.store, &format!("UPDATE {table} SET {column} = {value} WHERE {of} = {id}")).await;
            let at = broken(house, &keys).await;
            assert_eq!(at.event_id, Some(number), "{table}.{column} = {value}: {at}");
            let kept = format!("SELECT {column} FROM kept WHERE {of} = {id}");
            run(&house.store, &format!("UPDATE {table} SET {column} = ({kept}) WHERE {of} = {id}")).await;
            run(&house.store, "DROP TABLE kept").await;
            whole(house, &keys).await;
        }
    })
    .await;
}

#[rocket::async_test]
async fn every_deletion_that_is_not_of_retention_is_found() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        house.member("ben").await;
        for (what, sql, fault) in [
            ("an event", "DELETE FROM curfew_events WHERE kind = 'profile-changed'", ChainFault::EventDeleted),
            ("its link too", "DELETE FROM curfew_event_links WHERE number = 3", ChainFault::LinksMissing),
            ("all before it", "DELETE FROM curfew_event_links WHERE number < 3", ChainFault::LinksMissing),
        ] {
            run(&house.store, sql).await;
            assert_eq!(broken(house, &keys).await.fault, fault, "{what}");
        }
        run(&house.store, "DELETE FROM curfew_event_links").await;
        assert_eq!(broken(house, &keys).await.fault, ChainFault::NotLinked, "the whole chain");
    })
    .await;
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        house.member("ben").await;
        run(&house.store, "DELETE FROM curfew_events WHERE subject = 'ben'").await;
        assert_eq!(broken(house, &keys).await.fault, ChainFault::EventDeleted, "before it was linked");
    })
    .await;
}

/// Whoever can write to the database, but does not have the key, cannot make the chain fit.
#[rocket::async_test]
async fn a_chain_made_with_another_key_is_found_and_a_rotated_key_is_accepted() {
    on_each_engine(async |house: &House| {
        let (old, new) = (secret_keys(), secret_keys());
        let both = SecretKeys { current: new.current.clone(), previous: vec![old.current.clone()] };
        with_events(house, &ChainKeys::new(&old)).await;
        assert_eq!(broken(house, &ChainKeys::new(&new)).await.fault, ChainFault::NotSealed);
        whole(house, &ChainKeys::new(&both)).await;
        house.member("ben").await;
        link(house, &ChainKeys::new(&both)).await;
        assert_eq!(whole(house, &ChainKeys::new(&new)).await.linked, 5, "the new key seals what the old one sealed");
        assert_eq!(broken(house, &ChainKeys::new(&old)).await.fault, ChainFault::NotSealed);
    })
    .await;
}

/// The hashes need no key, so anybody can make links. The server must not put its seal after such a link.
#[rocket::async_test]
async fn a_link_without_a_seal_is_not_continued_until_an_operator_vouches_for_it() {
    on_each_engine(async |house: &House| {
        let (old, keys) = (keys(), keys());
        with_events(house, &old).await;
        let noted = note(house, &old).await;
        house.member("ben").await;
        let node = house.node();
        assert_eq!(node.link_events(&keys).await.expect("an answer"), 0);
        assert_eq!(node.link_events(&keys).await.expect("an answer"), 0);
        assert_eq!(stops(house).await, ["link 4, the last one, was not sealed with this site's secret key"]);
        assert_eq!(broken(house, &keys).await.fault, ChainFault::NotSealed);

        let other = NotedLink { hash: vec![0; 32], ..noted.clone() };
        let vouch = async |link: &NotedLink| node.continue_chain(&operator(), &keys, link).await.expect("an answer");
        assert!(!vouch(&other).await && !vouch(&NotedLink { number: 3, ..noted.clone() }).await);
        assert!(vouch(&noted).await);
        node.link_events(&keys).await.expect("the events are linked");
        assert_eq!(whole(house, &keys).await.linked, 7, "ben, and the events of the stop and of the operator");
    })
    .await;
}

/// The attack of somebody who can change every table, but does not have the key.
#[rocket::async_test]
async fn a_changed_history_is_not_linked_again_while_a_node_runs_and_is_late_after_a_restart() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        let noted = note(house, &keys).await;
        house.store.clock().shift(TimeDelta::hours(2));
        run(&house.store, "UPDATE curfew_events SET subject = 'eva' WHERE kind = 'login'").await;
        put_all_back(house).await;
        assert_eq!(link(house, &keys).await, 0);
        assert_eq!(link(house, &keys).await, 0);
        assert_eq!(stops(house).await, ["link 4 was deleted or replaced"], "reported once");
        assert_eq!(broken(house, &keys).await.fault, ChainFault::WaitsTooLong);

        assert_eq!(house.node().link_events(&keys).await.expect("the events are linked"), 5);
        let late = whole(house, &keys).await.late.expect("they are late");
        assert_eq!(late.events, 4, "{late}");
        assert!(late.first_event_at < late.last_event_at && late.last_event_at < late.first_linked_at, "{late}");
        let ChainVerdict::Broken(at) = verify_since(house, &keys, Some(&noted)).await else { panic!("it is whole") };
        assert_eq!((at.fault, at.link), (ChainFault::NotedLinkChanged, Some(4)));
    })
    .await;
}

#[rocket::async_test]
async fn an_end_that_was_cut_off_is_found_by_a_running_node_and_by_a_noted_link() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        let noted = note(house, &keys).await;
        house.member("ben").await;
        link(house, &keys).await;
        let ChainVerdict::Whole(_) = verify_since(house, &keys, Some(&noted)).await else { panic!("it is broken") };
        run(&house.store, "DELETE FROM curfew_events WHERE id > 3").await;
        run(&house.store, "DELETE FROM curfew_event_links WHERE number > 3").await;
        whole(house, &keys).await; // nothing in the database shows it
        let ChainVerdict::Broken(at) = verify_since(house, &keys, Some(&noted)).await else { panic!("it is whole") };
        assert_eq!((at.fault, at.link), (ChainFault::NotedLinkMissing, Some(4)));
        house.member("eva").await;
        assert_eq!(link(house, &keys).await, 0);
        assert_eq!(stops(house).await, ["link 5 was deleted or replaced"]);
    })
    .await;
}

/// After a night without a server.
#[rocket::async_test]
async fn late_links_are_reported_until_a_later_link_is_noted() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        house.member("ana").await;
        house.store.clock().shift(TimeDelta::hours(2));
        house.member("ben").await;
        link(house, &keys).await;
        let late = whole(house, &keys).await.late.expect("one is late");
        assert_eq!((late.events, late.first_event_at), (1, late.last_event_at));
        let ChainVerdict::Whole(chain) = verify_since(house, &keys, Some(&note(house, &keys).await)).await else {
            panic!("it is broken")
        };
        assert_eq!(chain.late, None);
    })
    .await;
}

#[rocket::async_test]
async fn an_event_that_has_a_link_is_not_linked_again() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        run(&house.store, "INSERT INTO curfew_events_to_link (event_id) SELECT id FROM curfew_events").await;
        assert_eq!(whole(house, &keys).await.not_linked, 0);
        house.member("ben").await;
        assert_eq!(link(house, &keys).await, 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events_to_link").await, 0);
        assert_eq!(whole(house, &keys).await.linked, 5);
    })
    .await;
}

#[rocket::async_test]
async fn an_event_that_is_kept_from_being_linked_is_found() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        house.member("ben").await;
        run(&house.store, "CREATE TABLE kept AS SELECT * FROM curfew_events_to_link").await;
        run(&house.store, "DELETE FROM curfew_events_to_link").await;
        house.store.clock().shift(TimeDelta::minutes(6));
        house.member("eva").await;
        link(house, &keys).await;
        run(&house.store, "INSERT INTO curfew_events_to_link SELECT * FROM kept").await;
        assert_eq!(broken(house, &keys).await.fault, ChainFault::WaitsTooLong, "a newer event was linked");
        link(house, &keys).await;
        house.member("zoe").await;
        assert_eq!(whole(house, &keys).await.not_linked, 1);
        house.store.clock().shift(TimeDelta::hours(2));
        assert_eq!(broken(house, &keys).await.fault, ChainFault::WaitsTooLong, "no node links it");
    })
    .await;
}

#[rocket::async_test]
async fn retention_leaves_an_anchor_and_a_chain_without_a_break() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        house.store.clock().shift(TimeDelta::days(401));
        house.member("ben").await;
        link(house, &keys).await;
        // In the middle: the event before it is not old enough, because the clock was ahead.
        let late = if matches!(house.store.pools, Pools::Sqlite { .. }) {
            "'2024-03-01T00:00:00+00:00'"
        } else {
            "TIMESTAMPTZ '2024-03-01T00:00:00Z'"
        };
        run(&house.store, &format!("INSERT INTO curfew_events (at, kind) VALUES ({late}, 'logout')")).await;
        link(house, &keys).await;
        house.member("eva").await;
        link(house, &keys).await;
        assert_eq!(house.accounts.purge_events().await.expect("they are purged"), 5);
        let chain = whole(house, &keys).await;
        assert_eq!((chain.linked, chain.not_linked), (2, 0));
        assert!(chain.deleted_up_to.is_some() && chain.to_string().contains("Retention has deleted events up to "));
        let numbers = texts(&house.store, "SELECT CAST(number AS TEXT) FROM curfew_event_links ORDER BY number").await;
        assert_eq!(numbers.into_iter().flatten().collect::<Vec<_>>(), ["4", "5", "6", "7"]);

        // An anchor cannot hide a deletion that retention would not make.
        run(&house.store, "DELETE FROM curfew_events WHERE subject = 'ben'").await;
        assert_eq!(broken(house, &keys).await.fault, ChainFault::EventDeleted);
        run(&house.store, "DELETE FROM curfew_event_links WHERE number < 5").await;
        assert_eq!(broken(house, &keys).await.fault, ChainFault::EventDeleted);
        house.accounts.purge_events().await.expect("nothing to purge");
        assert_eq!(broken(house, &keys).await.fault, ChainFault::EventDeleted, "a purge does not cover it up");
    })
    .await;
}

#[rocket::async_test]
async fn an_erasure_keeps_the_chain_but_only_of_a_deleted_account() {
    on_each_engine(async |house: &House| {
        let keys = keys();
        with_events(house, &keys).await;
        let ana = curfew::accounts::Target::Id(1);
        house.accounts.delete_user(&operator(), &ana, &reasons()).await.expect("a deletion");
        // Half of the events are erased before the others are linked.
        house.accounts.erase_events_of_deleted().await.expect("an answer");
        link(house, &keys).await;
        let chain = whole(house, &keys).await;
        assert_eq!((chain.linked, chain.erased), (5, 2));
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE address IS NOT NULL").await, 0);

        let eva = house.member("eva").await;
        house.log_in(&eva).await;
        link(house, &keys).await;
        let of_eva = format!("SELECT id FROM curfew_events WHERE kind = 'login' AND actor_id = {}", eva.id);
        run(&house.store, &format!("UPDATE curfew_event_links SET salt = NULL WHERE event_id IN ({of_eva})")).await;
        run(&house.store, "UPDATE curfew_events SET address = NULL, user_agent = NULL WHERE subject = 'eva'").await;
        assert_eq!(broken(house, &keys).await.fault, ChainFault::EventErased);
    })
    .await;
}

/// Logins and linking nodes run together. Every event gets one link, in one chain.
#[rocket::async_test]
async fn concurrent_logins_and_nodes_make_one_chain() {
    on_each_engine(async |house: &House| {
        let secrets = secret_keys();
        let logins = quick_or_soak(24, 200);
        house.person("ana", Role::Member).await;
        let acts = (0..logins + 4).map(|number| {
            let (node, keys) = (house.node(), ChainKeys::new(&secrets));
            async move {
                if number % 7 == 6 || number >= logins {
                    node.link_events(&keys).await.expect("the events are linked");
                    0
                } else {
                    node.log_in(&client(), &credentials("ana", PASSWORD)).await.expect("a login");
                    1
                }
            }
        });
        let logged_in: u64 = run_concurrently(acts.collect()).await.into_iter().sum();
        link(house, &ChainKeys::new(&secrets)).await;
        let chain = whole(house, &ChainKeys::new(&secrets)).await;
        assert_eq!((chain.linked, chain.not_linked), (logged_in + 1, 0));
    })
    .await;
}
