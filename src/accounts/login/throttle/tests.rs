//! Tests of the throttle.

use std::time::Duration;

use super::*;

const RATE: Rate = Rate { count: 3, period: Duration::from_mins(15) };

async fn fail(throttle: &Throttle, account: &str, address: &str) -> std::result::Result<(), Throttled> {
    let attempt = throttle.begin(Purpose::Password, RATE, account, address).await;
    attempt.expect("no shared counters").map(Attempt::failed)
}

#[rocket::async_test]
async fn failures_up_to_the_limit_pass_and_then_wait() {
    let throttle = Throttle::default();
    for _ in 0..3 {
        assert!(fail(&throttle, "ana", "1.1.1.1").await.is_ok());
    }
    let throttled = fail(&throttle, "ana", "1.1.1.1").await;
    assert!(throttled.is_err_and(|throttled| throttled.wait > Duration::from_secs(290) && !throttled.was_recorded));
    assert!(fail(&throttle, "ana", "1.1.1.1").await.is_err_and(|throttled| throttled.was_recorded));
}

#[rocket::async_test]
async fn a_throttled_account_locks_out_no_other_account_or_address() {
    let throttle = Throttle::default();
    while fail(&throttle, "ana", "1.1.1.1").await.is_ok() {}
    assert!(fail(&throttle, "ben", "1.1.1.1").await.is_ok(), "another account from the same address");
    assert!(fail(&throttle, "ana", "2.2.2.2").await.is_ok(), "the same account from its own address");
}

#[rocket::async_test]
async fn the_addresses_of_one_ipv6_network_count_as_one() {
    let throttle = Throttle::default();
    for host in 1..=3 {
        assert!(fail(&throttle, "ana", &format!("2001:db8:0:1::{host}")).await.is_ok());
    }
    assert!(fail(&throttle, "ana", "2001:db8:0:1:ffff::1").await.is_err());
    assert!(fail(&throttle, "ana", "2001:db8:0:2::1").await.is_ok(), "the next network is counted separately");
}

#[rocket::async_test]
async fn attempts_on_one_account_from_many_addresses_are_throttled() {
    let throttle = Throttle::default();
    for address in 0..30 {
        assert!(fail(&throttle, "ana", &format!("1.1.1.{address}")).await.is_ok());
    }
    assert!(fail(&throttle, "ana", "1.1.2.1").await.is_err());
}

#[rocket::async_test]
async fn successes_never_count_not_even_simultaneous_ones() {
    let throttle = Throttle::default();
    let attempts = (0..50).map(|_| {
        let throttle = throttle.clone();
        rocket::tokio::spawn(async move {
            let attempt = throttle.begin(Purpose::Password, RATE, "ana", "1.1.1.1").await;
            rocket::tokio::task::yield_now().await;
            matches!(attempt, Ok(Ok(_)))
        })
    });
    for attempt in attempts.collect::<Vec<_>>() {
        assert!(attempt.await.unwrap_or(false));
    }
    assert!(throttle.local.counters().is_empty(), "no counter is left");
}

#[rocket::async_test]
async fn simultaneous_failures_get_no_more_tries_than_sequential_ones() {
    let throttle = Throttle::default();
    let attempts = (0..50).map(|_| {
        let throttle = throttle.clone();
        rocket::tokio::spawn(async move { fail(&throttle, "ana", "1.1.1.1").await.is_ok() })
    });
    let mut passed = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        passed += i32::from(attempt.await.unwrap_or(false));
    }
    assert_eq!(passed, 3);
}

#[rocket::async_test]
async fn an_empty_name_throttles_no_account() {
    let throttle = Throttle::default();
    for _ in 0..10 {
        assert!(fail(&throttle, "", "1.1.1.1").await.is_ok());
    }
    assert!(throttle.local.counters().keys().all(|key| matches!(key, keys::Key::Address(..))));
}
