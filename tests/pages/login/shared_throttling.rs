//! Failed logins are counted across all nodes: in Redis, or otherwise in Postgres.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use curfew::{domain::people::role::Role, settings::RedisAddress, store::fleet::redis_link::REDIS_PAUSE};
use rocket::{futures::future::join_all, tokio::time::sleep};

use crate::harness::{
    page::Page,
    person::Person,
    redis::Redis,
    site::{Plan, Site},
    store::{Database, Engine, engines},
};

/// A limit against hanging forever, far longer than a busy machine needs.
const PATIENCE: Duration = Duration::from_mins(1);
/// Failures allowed before the next attempt is throttled; the default setting.
const LIMIT: usize = 10;

async fn node(database: Database, redis: Option<RedisAddress>) -> Site {
    Plan { redis, ..Plan::default() }.over(database).await
}

/// Two nodes with one database and, if there is one, one Redis.
async fn two_nodes(engine: Engine, redis: Option<&Redis>) -> [Site; 2] {
    let address = || redis.map(Redis::address);
    let first = node(Database::new(engine).await, address()).await;
    let second = node(first.database.second_handle(), address()).await;
    [first, second]
}

/// A client at this address, on each of the nodes.
fn attacker_at<'s>(nodes: &'s [Site; 2], victim: &Person<'_>) -> [Person<'s>; 2] {
    let [mut one, mut other] = [nodes[0].visitor(), nodes[1].visitor()];
    other.address = one.address;
    victim.name.clone_into(&mut one.name);
    victim.name.clone_into(&mut other.name);
    [one, other]
}

async fn fails(person: &mut Person<'_>) -> Page {
    person.logs_in_with(&[("password", "not the password")]).await
}

/// Waits until a node counts in Redis again: after an error it pauses, and its first retry may come too early.
async fn must_reach(redis: &Redis, node: &Site) {
    let begin = Instant::now();
    loop {
        redis.is_emptied().await;
        let mut nobody = node.visitor();
        nobody.address = IpAddr::V4(Ipv4Addr::from(rand::random::<u32>()));
        fails(&mut nobody).await.must_be(422);
        if !redis.contents().await.is_empty() {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "the node never counts in Redis again");
        sleep(REDIS_PAUSE / 4).await;
    }
}

async fn must_count_together(nodes: &[Site; 2]) {
    let victim = nodes[0].person(Role::Member).await;
    let mut attacker = attacker_at(nodes, &victim);
    for turn in 0..LIMIT {
        fails(&mut attacker[turn % 2]).await.must_be(422);
    }
    fails(&mut attacker[0]).await.must_be(429);
    fails(&mut attacker[1]).await.must_be(429);
    let recorded = nodes[0].database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'throttled'").await;
    assert_eq!(recorded, 1, "one event per wait, across the nodes");
    victim.clone().logs_in().await.must_lead_to("/account"); // from their own address
}

#[rocket::async_test]
async fn failures_on_one_node_count_on_the_other_in_postgres() {
    if engines().contains(&Engine::Postgres) {
        must_count_together(&two_nodes(Engine::Postgres, None).await).await;
    }
}

#[rocket::async_test]
async fn failures_on_one_node_count_on_the_other_in_redis() {
    for engine in engines() {
        if let Some(redis) = Redis::start().await {
            let nodes = two_nodes(engine, Some(&redis)).await;
            must_count_together(&nodes).await;
            let kept = nodes[0].database.number("SELECT COUNT(*) FROM curfew_shared_counters").await;
            assert_eq!(kept, 0, "nothing is counted in the database");
        }
    }
}

#[rocket::async_test]
async fn concurrent_failures_on_two_nodes_are_throttled_like_sequential_ones() {
    for engine in engines() {
        let redis = Redis::start().await;
        for redis in [None, redis.as_ref()] {
            if redis.is_none() && engine == Engine::Sqlite {
                continue;
            }
            let nodes = two_nodes(engine, redis).await;
            let victim = nodes[0].person(Role::Member).await;
            let attacker = attacker_at(&nodes, &victim);
            let tries = (0..30).map(|turn| {
                let mut attacker = attacker[turn % 2].clone();
                async move { fails(&mut attacker).await.status }
            });
            let statuses = join_all(tries).await;
            assert_eq!(statuses.iter().filter(|status| **status == 422).count(), LIMIT, "{statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 30 - LIMIT, "{statuses:?}");
        }
    }
}

#[rocket::async_test]
async fn concurrent_correct_passwords_on_two_nodes_are_never_throttled() {
    for engine in engines() {
        let redis = Redis::start().await;
        for redis in [None, redis.as_ref()] {
            let nodes = two_nodes(engine, redis).await;
            let person = nodes[0].person(Role::Member).await;
            let attacker = attacker_at(&nodes, &person);
            let tries = (0..30).map(|turn| {
                let mut person = Person { password: person.password.clone(), ..attacker[turn % 2].clone() };
                async move { person.logs_in().await.status }
            });
            let statuses = join_all(tries).await;
            assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
        }
    }
}

#[rocket::async_test]
async fn a_node_counts_alone_without_redis_and_together_when_it_returns() {
    for engine in engines() {
        let Some(mut redis) = Redis::start().await else { return };
        let nodes = two_nodes(engine, Some(&redis)).await;
        let victim = nodes[0].person(Role::Member).await;
        let mut attacker = attacker_at(&nodes, &victim);
        for _ in 0..LIMIT {
            fails(&mut attacker[0]).await.must_be(422);
        }
        redis.dies();
        fails(&mut attacker[0]).await.must_be(429); // from this node's own count
        victim.clone().logs_in().await.must_lead_to("/account");
        redis.comes_back().await;
        for node in &nodes {
            must_reach(&redis, node).await;
        }
        let another = nodes[0].person(Role::Member).await;
        let mut attacker = attacker_at(&nodes, &another);
        for turn in 0..LIMIT {
            fails(&mut attacker[turn % 2]).await.must_be(422);
        }
        fails(&mut attacker[1]).await.must_be(429);
    }
}
