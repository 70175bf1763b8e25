//! Strangers who guess the password of an account from many addresses: how many guesses they get, and who is kept out.

use curfew::{
    domain::people::role::Role,
    settings::{RedisAddress, SecretKeys, SecretMaterial},
};

use crate::harness::{
    page::Page,
    person::Person,
    redis::Redis,
    site::{PASSWORD, Plan, Site},
    store::{Engine, any_engine, engines},
};

/// How many wrong passwords of strangers pass at once; with as many again over an hour, 100.
const STRANGERS_AT_ONCE: usize = 50;
/// Failures allowed from one address, or in one browser; the default setting.
const LIMIT: usize = 10;
const KNOWN: &str = "curfew-known";

/// Tries a wrong password from a new address.
async fn guesses(site: &Site, name: &str) -> Page {
    site.visitor().logs_in_with(&[("username", name), ("password", "not the password")]).await
}

/// Uses up the strangers' tries of an account.
async fn attack(site: &Site, victim: &Person<'_>) {
    for _ in 0..STRANGERS_AT_ONCE {
        guesses(site, &victim.name).await.must_be(422);
    }
    guesses(site, &victim.name).await.must_be(429);
}

/// A browser with nothing but this browser's cookie of known accounts.
fn known_only<'s>(person: &Person<'s>) -> Person<'s> {
    let mut browser = person.another_browser();
    browser.jar.set(KNOWN, person.jar.get(KNOWN).expect("the browser is known"));
    browser
}

#[rocket::async_test]
async fn an_attack_from_many_addresses_is_bounded_and_keeps_the_owner_in() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        attack(&site, &owner).await;
        let mut new_browser = site.visitor();
        let right = [("username", &*owner.name), ("password", PASSWORD)];
        let page = new_browser.logs_in_with(&right).await;
        let wait: u64 = page.must_be(429).header("Retry-After").and_then(|wait| wait.parse().ok()).expect("seconds");
        assert!(wait <= 73, "the rate stays open: {wait}");

        owner.posts("/confirm", &[("password", PASSWORD)]).await.must_be(303);
        owner.changes_email("another@example.org").await.must_be(303);
        owner.forces_everyone_out().await.must_be(303);
        let mut known = known_only(&owner);
        known.address = new_browser.address;
        known.logs_in().await.must_lead_to("/account");
        let mut other = site.person(Role::Member).await;
        other.logs_in().await.must_lead_to("/account"); // from a browser unknown to every account
    }
}

#[rocket::async_test]
async fn the_owner_and_staff_are_told_of_an_attack_once() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut staff) = (site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await);
        assert!(!owner.opens("/account").await.must_be(200).body.contains("data-attack"));
        attack(&site, &owner).await;
        guesses(&site, &owner.name).await.must_be(429);
        guesses(&site, &owner.email).await.must_be(422);
        let count = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'under-attack' AND subject_id = ";
        assert_eq!(site.database.number(&format!("{count}{}", owner.id)).await, 1, "one event for an hour");
        assert!(owner.opens("/account").await.must_be(200).body.contains("Someone is guessing your password"));
        let page = staff.opens("/admin/events?kind=under-attack").await;
        assert!(page.must_be(200).body.contains(&owner.name), "{page:?}");
        assert!(!staff.opens("/account").await.must_be(200).body.contains("data-attack"));
        site.shift_clock(chrono::TimeDelta::hours(25));
        owner.another_browser().logs_in().await.must_be(429);
        let mut owner = known_only(&owner);
        owner.logs_in().await.must_lead_to("/account");
        assert!(!owner.opens("/account").await.must_be(200).body.contains("data-attack"), "not for ever");
    }
}

#[rocket::async_test]
async fn a_known_browser_has_a_limit_of_its_own() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Member).await;
        owner.logs_out().await.must_be(303);
        let wrong = [("password", "not the password")];
        for _ in 0..LIMIT {
            owner.logs_in_with(&wrong).await.must_be(422);
        }
        owner.logs_in_with(&wrong).await.must_be(429);
        owner.logs_in().await.must_be(429);
        owner.another_browser().logs_in().await.must_lead_to("/account"); // a stranger from the same address
    }
}

#[rocket::async_test]
async fn a_cookie_of_known_accounts_helps_only_with_these_and_never_logs_in() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (victim, thief) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        attack(&site, &victim).await;
        let known = victim.jar.get(KNOWN).expect("a known browser").to_owned();

        let mut browser = known_only(&thief);
        browser.logs_in_with(&[("username", &*victim.name), ("password", PASSWORD)]).await.must_be(429);
        let mut browser = known_only(&victim);
        assert!(!browser.is_logged_in().await);
        for name in ["curfew", "curfew-visitor", "curfew-notice"] {
            browser.jar.set(name, &known);
            assert!(!browser.is_logged_in().await, "{name}");
        }
        let mut browser = site.visitor();
        browser.jar.set(KNOWN, &format!("{}A", &known[..known.len() - 1]));
        browser.logs_in_with(&[("username", &*victim.name), ("password", PASSWORD)]).await.must_be(429);
        browser.jar.set(KNOWN, victim.session().expect("a session"));
        browser.logs_in_with(&[("username", &*victim.name), ("password", PASSWORD)]).await.must_be(429);

        let mut program = victim.program();
        program.logs_in_for_jwt().await.must_be_refused(429, "too_many_requests");
        program.logs_in_for_token().await.must_be_refused(429, "too_many_requests");
    }
}

#[rocket::async_test]
async fn a_changed_password_makes_other_browsers_unknown() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Member).await;
        let mut old = known_only(&owner);
        attack(&site, &owner).await;
        owner.changes_password("another lamp of mine").await.must_be(303);
        old.password.clone_from(&owner.password);
        old.logs_in().await.must_be(429);
        known_only(&owner).logs_in().await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_browser_is_known_to_the_few_accounts_that_it_used_last() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut browser = site.visitor();
        let mut people = Vec::new();
        for _ in 0..6 {
            let person = site.person(Role::Member).await;
            let fields = [("username", &*person.name), ("password", PASSWORD)];
            let page = browser.logs_in_with(&fields).await;
            let cookie = page.must_be(303).set_cookie(KNOWN).expect("the cookie is written at each login");
            assert_eq!(
                cookie.attribute("max-age"),
                Some("34560000"),
                "400 days, whether or not the login is remembered"
            );
            browser.logs_out().await.must_be(303);
            people.push(person);
        }
        for person in [&people[0], &people[5], &people[1]] {
            attack(&site, person).await;
        }
        for (person, status) in [(&people[0], 429), (&people[5], 303), (&people[1], 303)] {
            let mut browser = browser.clone();
            browser.logs_in_with(&[("username", &*person.name)]).await.must_be(status);
        }
    }
}

#[rocket::async_test]
async fn the_email_of_a_throttled_username_answers_like_an_unknown_email() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let victim = site.person(Role::Member).await;
        let mut attacker = site.visitor();
        let wrong = |name| [("username", name), ("password", "not the password")];
        for _ in 0..LIMIT {
            attacker.logs_in_with(&wrong(&*victim.name)).await.must_be(422);
        }
        attacker.logs_in_with(&wrong(&*victim.name)).await.must_be(429);
        for turn in 0..=LIMIT {
            let known = attacker.logs_in_with(&wrong(&*victim.email)).await;
            let unknown = attacker.logs_in_with(&wrong("nobody@example.org")).await;
            assert_eq!(known.status, if turn < LIMIT { 422 } else { 429 }, "turn {turn}");
            assert_eq!(known.status, unknown.status, "turn {turn}");
            if turn < LIMIT {
                assert_eq!(known.without(&victim.email), unknown.without("nobody@example.org"), "turn {turn}");
            }
        }
        let not_compared = "SELECT COUNT(*) FROM curfew_events WHERE detail LIKE 'not compared%'";
        assert_eq!(site.database.number(not_compared).await, 10, "the account has ten tries, by whichever name");
    }
}

/// Two nodes with one database, one key and, if there is one, one Redis.
async fn two_nodes(engine: Engine, redis: Option<&Redis>) -> [Site; 2] {
    let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
    let plan = |redis: Option<RedisAddress>| Plan { redis, keys: keys.clone(), ..Plan::default() };
    let first = plan(redis.map(Redis::address)).on(engine).await;
    let second = plan(redis.map(Redis::address)).over(first.database.second_handle()).await;
    [first, second]
}

#[rocket::async_test]
async fn an_attack_on_two_nodes_is_bounded_like_one_on_one_node() {
    for engine in engines() {
        let redis = Redis::start().await;
        for redis in [None, redis.as_ref()] {
            if redis.is_none() && engine == Engine::Sqlite {
                continue;
            }
            let nodes = two_nodes(engine, redis).await;
            let owner = nodes[0].signed_in(Role::Member).await;
            let mut passed = 0;
            for turn in 0..STRANGERS_AT_ONCE + 20 {
                let mut attacker = nodes[turn % 2].visitor();
                attacker.address = ([10, 9, 9, u8::try_from(turn).expect("few")]).into();
                let page = attacker.logs_in_with(&[("username", &owner.name), ("password", "not it")]).await;
                passed += usize::from(page.status == 422);
            }
            assert_eq!(passed, STRANGERS_AT_ONCE);
            let mut known = Person { site: &nodes[1], ..known_only(&owner) };
            known.logs_in().await.must_lead_to("/account");
            let told = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'under-attack'";
            assert_eq!(nodes[0].database.number(told).await, 1);
        }
    }
}
