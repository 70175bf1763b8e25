//! The throttle, on its own.

use std::time::Duration;

use super::*;

const RATE: Rate = Rate { count: 3, period: Duration::from_mins(15) };

async fn fail(throttle: &Throttle, account: &str, address: &str) -> std::result::Result<(), Throttled> {
    let began = throttle.begin(Purpose::Password, RATE, account, address).await;
    began.expect("nothing is shared").map(Attempt::failed)
}

#[rocket::async_test]
async fn failures_up_to_the_limit_pass_and_then_wait() {
    let throttle = Throttle::default();
    for _ in 0..3 {
        assert!(fail(&throttle, "ana", "1.1.1.1").await.is_ok());
    }
    let shut = fail(&throttle, "ana", "1.1.1.1").await;
    assert!(shut.is_err_and(|shut| shut.wait > Duration::from_secs(290) && !shut.was_recorded));
    assert!(fail(&throttle, "ana", "1.1.1.1").await.is_err_and(|shut| shut.was_recorded));
}

#[rocket::async_test]
async fn one_victims_throttle_locks_out_nobody_else() {
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
    assert!(fail(&throttle, "ana", "2001:db8:0:2::1").await.is_ok(), "the network beside it is another's");
}

#[rocket::async_test]
async fn many_addresses_together_are_held_back_too() {
    let throttle = Throttle::default();
    for address in 0..30 {
        assert!(fail(&throttle, "ana", &format!("1.1.1.{address}")).await.is_ok());
    }
    assert!(fail(&throttle, "ana", "1.1.2.1").await.is_err());
}

#[rocket::async_test]
async fn successes_never_count_even_many_at_once() {
    let throttle = Throttle::default();
    let tries = (0..50).map(|_| {
        let throttle = throttle.clone();
        rocket::tokio::spawn(async move {
            let attempt = throttle.begin(Purpose::Password, RATE, "ana", "1.1.1.1").await;
            rocket::tokio::task::yield_now().await;
            matches!(attempt, Ok(Ok(_)))
        })
    });
    for attempt in tries.collect::<Vec<_>>() {
        assert!(attempt.await.unwrap_or(false));
    }
    assert!(throttle.here.counters().is_empty(), "nothing is remembered of them");
}

#[rocket::async_test]
async fn many_failures_at_once_get_no_further_than_one_after_the_other() {
    let throttle = Throttle::default();
    let tries = (0..50).map(|_| {
        let throttle = throttle.clone();
        rocket::tokio::spawn(async move { fail(&throttle, "ana", "1.1.1.1").await.is_ok() })
    });
    let mut passed = 0;
    for attempt in tries.collect::<Vec<_>>() {
        passed += i32::from(attempt.await.unwrap_or(false));
    }
    assert_eq!(passed, 3);
}

#[rocket::async_test]
async fn an_empty_name_locks_nobody() {
    let throttle = Throttle::default();
    for _ in 0..10 {
        assert!(fail(&throttle, "", "1.1.1.1").await.is_ok());
    }
    assert!(throttle.here.counters().keys().all(|key| matches!(key, keys::Key::Address(..))));
}
