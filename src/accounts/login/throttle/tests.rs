//! Tests of the throttle.

use std::time::{Duration, Instant};

use rocket::futures::FutureExt as _;

use super::{
    counter::{Counter, Place},
    *,
};

const RATE: Rate = Rate { count: 3, period: Duration::from_mins(15) };
/// How many wrong passwords of strangers pass at once.
const STRANGERS_AT_ONCE: usize = 50;

fn stranger<'a>(name: &'a str, account: Option<i64>, address: &'a str) -> Guesser<'a> {
    Guesser::Stranger { name, account, address }
}

async fn begin(throttle: &Throttle, guesser: Guesser<'_>) -> std::result::Result<Attempt, Throttled> {
    throttle.begin_guess(RATE, guesser).await.expect("no shared counters")
}

/// Whether the password of a wrong try was compared.
async fn fail(throttle: &Throttle, guesser: Guesser<'_>) -> std::result::Result<bool, Throttled> {
    let attempt = begin(throttle, guesser).await?;
    let is_compared = attempt.is_compared();
    attempt.failed();
    Ok(is_compared)
}

async fn fails(throttle: &Throttle, name: &str, address: &str) -> std::result::Result<bool, Throttled> {
    fail(throttle, stranger(name, None, address)).await
}

#[rocket::async_test]
async fn failures_up_to_the_limit_pass_and_then_wait() {
    let throttle = Throttle::default();
    for _ in 0..3 {
        assert!(fails(&throttle, "ana", "1.1.1.1").await.is_ok());
    }
    let throttled = fails(&throttle, "ana", "1.1.1.1").await;
    assert!(throttled.is_err_and(|throttled| throttled.wait > Duration::from_secs(290) && !throttled.was_recorded));
    assert!(fails(&throttle, "ana", "1.1.1.1").await.is_err_and(|throttled| throttled.was_recorded));
}

#[rocket::async_test]
async fn a_throttled_account_locks_out_no_other_account_or_address() {
    let throttle = Throttle::default();
    while fails(&throttle, "ana", "1.1.1.1").await.is_ok() {}
    assert!(fails(&throttle, "ben", "1.1.1.1").await.is_ok(), "another account from the same address");
    assert!(fails(&throttle, "ana", "2.2.2.2").await.is_ok(), "the same account from its own address");
}

#[rocket::async_test]
async fn the_addresses_of_one_ipv6_network_count_as_one() {
    let throttle = Throttle::default();
    for host in 1..=3 {
        assert!(fails(&throttle, "ana", &format!("2001:db8:0:1::{host}")).await.is_ok());
    }
    assert!(fails(&throttle, "ana", "2001:db8:0:1:ffff::1").await.is_err());
    assert!(fails(&throttle, "ana", "2001:db8:0:2::1").await.is_ok(), "the next network is counted separately");
}

#[rocket::async_test]
async fn strangers_from_many_addresses_are_throttled_together_and_it_shows_once() {
    let throttle = Throttle::default();
    let attack = async |number: usize| fail(&throttle, stranger("ana", Some(1), &format!("1.1.{number}.1"))).await;
    for number in 0..STRANGERS_AT_ONCE {
        assert_eq!(attack(number).await, Ok(true));
    }
    assert!(attack(100).await.is_err_and(|throttled| throttled.shows_attack && !throttled.was_recorded));
    assert!(attack(101).await.is_err_and(|throttled| !throttled.shows_attack && throttled.was_recorded));
    assert!(fails(&throttle, "ben", "1.1.102.1").await.is_ok(), "another account");
}

#[test]
fn strangers_get_at_most_100_wrong_passwords_in_any_hour() {
    const HOUR: u64 = 3_600;
    let keys = keys_of_guess(RATE, stranger("ana", Some(1), "1.1.1.1"));
    let limit = &keys.iter().find(|counted| counted.key.kind == "account").expect("a key").limit;
    let (mut counter, start, mut passed) = (Counter::default(), Instant::now(), Vec::new());
    for second in 0..4 * HOUR {
        let now = start + Duration::from_secs(second);
        while counter.place(limit, now) == Place::Free {
            counter.count_failure(limit, now);
            passed.push(second);
        }
    }
    let within_hour = |from: u64| passed.iter().filter(|at| (from..=from + HOUR).contains(*at)).count();
    let most = passed.iter().map(|from| within_hour(*from)).max();
    assert_eq!(most, Some(100), "of {}", passed.len());
}

#[rocket::async_test]
async fn a_known_browser_and_a_live_login_have_counters_of_their_own() {
    let throttle = Throttle::default();
    for number in 0..=STRANGERS_AT_ONCE {
        let _ = fail(&throttle, stranger("ana", Some(1), &format!("1.1.{number}.1"))).await;
    }
    for guesser in [
        Guesser::KnownBrowser { account: 1, browser: "one" },
        Guesser::KnownBrowser { account: 1, browser: "another" },
        Guesser::LiveLogin { account: 1, login: "one" },
        Guesser::LiveLogin { account: 1, login: "another" },
    ] {
        for _ in 0..3 {
            assert_eq!(fail(&throttle, guesser).await, Ok(true), "{guesser:?}");
        }
        assert!(fail(&throttle, guesser).await.is_err(), "{guesser:?}");
    }
    let mut passed = 0;
    for number in 0..100 {
        let browser = format!("browser {number}");
        let guesser = Guesser::KnownBrowser { account: 1, browser: &browser };
        passed += usize::from(fail(&throttle, guesser).await.is_ok());
    }
    assert_eq!(passed, 30 - 6, "ten times the limit for all of them together");
}

#[rocket::async_test]
async fn the_names_of_one_account_share_its_tries_and_answer_like_unknown_names() {
    let throttle = Throttle::default();
    let answers = async |name: &str, account: Option<i64>, address: &str| {
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(fail(&throttle, stranger(name, account, address)).await);
        }
        answers
    };
    let username = answers("ana", Some(1), "1.1.1.1").await;
    let email = answers("ana@example.org", Some(1), "1.1.1.1").await;
    let unknown = answers("nobody@example.org", None, "1.1.1.1").await;
    let passed = |answers: &[std::result::Result<bool, Throttled>]| {
        answers.iter().map(std::result::Result::is_ok).collect::<Vec<_>>()
    };
    assert_eq!(passed(&email), passed(&unknown), "the email must not reveal that it belongs to the username");
    assert_eq!(username[..3], [Ok(true); 3]);
    assert_eq!(email[..3], [Ok(false); 3], "the account has no tries left");
    let elsewhere = answers("ana@example.org", Some(1), "2.2.2.2").await;
    assert_eq!(elsewhere[..3], [Ok(true); 3], "another address has tries of its own");
}

/// A wait would reveal that the names belong to one account, as a refusal would.
#[rocket::async_test]
async fn a_name_never_waits_for_attempts_in_progress_by_another_name_of_its_account() {
    const EMAIL: &str = "ana@example.org";
    let throttle = Throttle::default();
    // Whether an attempt begins at once, and is compared.
    let at_once = |guesser: Guesser<'_>| {
        let attempt = begin(&throttle, guesser).now_or_never()?.expect("no refusal");
        Some((attempt.is_compared(), attempt))
    };
    let is_compared = |guesser| at_once(guesser).map(|(is_compared, _)| is_compared);
    let by_username = [(); 3].map(|()| at_once(stranger("ana", Some(1), "1.1.1.1")));
    assert!(is_compared(stranger("ana", Some(1), "1.1.1.1")).is_none(), "the same name waits, as an unknown one does");
    assert_eq!(is_compared(stranger("nobody@example.org", None, "1.1.1.1")), Some(true));
    assert_eq!(is_compared(stranger(EMAIL, Some(1), "1.1.1.1")), Some(false), "it begins at once");
    let uncompared = [(); 3].map(|()| at_once(stranger(EMAIL, Some(1), "1.1.1.1")));
    drop(by_username);
    assert_eq!(is_compared(stranger("ana", Some(1), "1.1.1.1")), Some(true), "one that is not compared holds no try");
    drop(uncompared);
    let from_everywhere: Vec<_> =
        (0..STRANGERS_AT_ONCE).map(|number| at_once(stranger("ana", Some(1), &format!("2.2.{number}.1")))).collect();
    assert!(is_compared(stranger("ana", Some(1), "3.3.3.3")).is_none());
    assert_eq!(is_compared(stranger(EMAIL, Some(1), "3.3.3.3")), Some(false));
    drop(from_everywhere);
    assert_eq!(is_compared(stranger(EMAIL, Some(1), "3.3.3.3")), Some(true));
}

#[rocket::async_test]
async fn simultaneous_successes_pass_and_count_at_ten_times_the_limit() {
    let throttle = Throttle::default();
    let attempts = (0..50).map(|_| {
        let throttle = throttle.clone();
        rocket::tokio::spawn(async move {
            let attempt = begin(&throttle, stranger("ana", Some(1), "1.1.1.1")).await;
            rocket::tokio::task::yield_now().await;
            attempt.map(Attempt::succeeded)
        })
    });
    let mut passed = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        passed += i32::from(attempt.await.is_ok_and(|attempt| attempt.is_ok()));
    }
    assert_eq!(passed, 30);
    assert!(begin(&throttle, stranger("ben", Some(2), "1.1.1.1")).await.is_ok());
    assert!(begin(&throttle, stranger("ana", Some(1), "2.2.2.2")).await.is_ok());
}

#[rocket::async_test]
async fn an_abandoned_attempt_leaves_no_trace() {
    let throttle = Throttle::default();
    drop(begin(&throttle, stranger("ana", Some(1), "1.1.1.1")).await);
    assert!(throttle.local.counters().is_empty(), "no counter is left");
}

#[rocket::async_test]
async fn simultaneous_failures_get_no_more_tries_than_sequential_ones() {
    let throttle = Throttle::default();
    let attempts = (0..50).map(|_| {
        let throttle = throttle.clone();
        rocket::tokio::spawn(async move { fails(&throttle, "ana", "1.1.1.1").await.is_ok() })
    });
    let mut passed = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        passed += i32::from(attempt.await.unwrap_or(false));
    }
    assert_eq!(passed, 3);
}

#[rocket::async_test]
async fn one_network_fills_a_tenth_of_the_registrations_and_closes_them_to_nobody() {
    let throttle = Throttle::default();
    let begins = async |purpose, address: &str| {
        let attempt = throttle.begin(purpose, RATE, "", address).await.expect("no shared counters");
        attempt.map(Attempt::failed)
    };
    let mut passed = 0;
    for number in 0..100 {
        let address = format!("2001:db8:1:{number}::1");
        if begins(Purpose::Registration, &address).await.is_ok() {
            passed += 1;
            assert!(begins(Purpose::NewAccount, &address).await.is_ok());
        }
    }
    assert_eq!(passed, 30, "ten times the limit, from however many addresses");
    assert!(begins(Purpose::Registration, "2001:db8:2::1").await.is_ok(), "another network");
    for _ in passed..300 {
        assert!(begins(Purpose::NewAccount, "192.0.2.1").await.is_ok());
    }
    for purpose in [Purpose::NewAccount, Purpose::Setup] {
        let keys = keys_of(purpose, RATE, "", "192.0.2.1");
        let shared = keys.last().expect("a key of everybody");
        let (mut counter, step) = (Counter::default(), RATE.period / shared.limit.failures.resource_limit);
        let mut now = Instant::now();
        for turn in 0..1_000 {
            counter.count_failure(&shared.limit, now);
            if let Place::Throttled { wait } = counter.place(&shared.limit, now) {
                assert!(wait <= step, "{purpose:?}: the wait of turn {turn} grew to {wait:?}");
                now += wait;
            }
        }
    }
}
