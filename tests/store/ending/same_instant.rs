//! Concurrent attempts on the same name, the same hash or the same rows.

use std::future::Future;

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, Result},
    domain::{letters::link::LinkPurpose, logins::kind::LoginClass, people::role::Role, reason::EndReason},
    store::users::NameClash,
};

use crate::{
    house::{
        House, PASSWORD, client, email, on_each_engine, operator, password, reasons, registration_with,
        run_concurrently,
    },
    raw::count,
};

/// Registers twenty users; `name_of` gives each its username and email.
async fn register_twenty(house: &House, name_of: impl Fn(usize) -> (String, String)) -> Vec<Result<()>> {
    let acts = (0..20).map(|n| {
        let (accounts, (name, email)) = (house.accounts.clone(), name_of(n));
        async move { accounts.register(&client(), &registration_with(&name, &email)).await.map(drop) }
    });
    run_concurrently(acts.collect()).await
}

fn assert_one_and_the_others_taken(outcomes: &[Result<()>], clash: NameClash) {
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let taken = outcomes.iter().filter(|o| matches!(o, Err(AccountsError::NameTaken(of)) if *of == clash)).count();
    assert_eq!((made, taken), (1, 19), "{outcomes:?}");
}

#[rocket::async_test]
async fn one_of_twenty_registrations_with_the_same_username_succeeds() {
    on_each_engine(async |house: &House| {
        let outcomes = register_twenty(house, |n| (cased("ana", n), format!("ana{n}@example.org"))).await;
        assert_one_and_the_others_taken(&outcomes, NameClash::Username);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users").await, 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins").await, 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn one_of_twenty_registrations_of_look_alikes_succeeds() {
    const LOOK_ALIKES: [&str; 4] = ["ana", "\u{430}na", "an\u{430}", "\u{430}n\u{430}"];
    on_each_engine(async |house: &House| {
        let name_of = |n: usize| (LOOK_ALIKES[n % 4].to_owned(), format!("ana{n}@example.org"));
        let outcomes = register_twenty(house, name_of).await;
        let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let taken = outcomes.iter().filter(|o| matches!(o, Err(AccountsError::NameTaken(_)))).count();
        assert_eq!((made, taken), (1, 19), "{outcomes:?}");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users").await, 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_names").await, 2);
    })
    .await;
}

#[rocket::async_test]
async fn one_of_twenty_registrations_with_the_same_email_succeeds() {
    on_each_engine(async |house: &House| {
        let outcomes = register_twenty(house, |n| (format!("ana{n}"), cased("ana@example.org", n))).await;
        assert_one_and_the_others_taken(&outcomes, NameClash::Email);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users").await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn usernames_that_are_each_others_emails_never_deadlock() {
    on_each_engine(async |house: &House| {
        for round in 0..20 {
            let (one, other) = (format!("a{round}@example.org"), format!("b{round}@example.org"));
            let outcomes = register_crossed(house, &one, &other).await;
            let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let taken = outcomes.iter().filter(|o| matches!(o, Err(AccountsError::NameTaken(_)))).count();
            assert_eq!((made, taken), (1, 1), "round {round}: {outcomes:?}");
        }
    })
    .await;
}

/// Two registrations, each with the other's email as its username.
async fn register_crossed(house: &House, one: &str, other: &str) -> Vec<Result<()>> {
    let acts = [(one, other), (other, one)].map(|(name, email)| {
        let (accounts, registration) = (house.accounts.clone(), registration_with(name, email));
        async move { accounts.create_user(&operator(), &registration, Role::Member).await.map(drop) }
    });
    run_concurrently(acts.into()).await
}

#[rocket::async_test]
async fn one_of_twenty_concurrent_changes_to_the_same_email_succeeds() {
    on_each_engine(async |house: &House| {
        let mut acts = Vec::new();
        for n in 0..20 {
            let (accounts, person) = (house.accounts.clone(), house.member(&format!("ana{n}")).await);
            let actor = house.acting(&person).await;
            let wanted = email(&cased("wanted@example.org", n));
            accounts.change_email(&actor, &password(PASSWORD), &wanted).await.expect("it waits");
            let token = house.link(LinkPurpose::Verify, &person, wanted.as_str()).await;
            acts.push(async move { accounts.verify_email(&client(), &token).await.map(drop) });
        }
        assert_one_and_the_others_taken(&run_concurrently(acts).await, NameClash::Email);
        let wanted = "SELECT COUNT(*) FROM curfew_users WHERE email_key = 'wanted@example.org'";
        assert_eq!(count(&house.store, wanted).await, 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_names").await, 40);
    })
    .await;
}

#[rocket::async_test]
async fn one_of_many_concurrent_setups_creates_a_superuser() {
    on_each_engine(async |house: &House| {
        let code = house.accounts.renew_setup_code().await.expect("an answer").expect("a code");
        let acts = (0..8).map(|n| {
            let (accounts, code) = (house.accounts.clone(), code.clone());
            let registration = registration_with(&format!("root{n}"), &format!("root{n}@example.org"));
            async move { accounts.set_up(&client(), &code, &registration).await.map(drop) }
        });
        let outcomes = run_concurrently(acts.collect()).await;
        let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let late = |o: &&Result<()>| matches!(o, Err(AccountsError::AlreadySetUp | AccountsError::WrongSetupCode));
        assert_eq!((made, outcomes.iter().filter(late).count()), (1, 7), "{outcomes:?}");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users").await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn concurrent_requests_logouts_and_force_logouts_of_one_account_never_deadlock() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mut others = Vec::new();
        for name in ["ben", "cleo", "dora"] {
            others.push(house.log_in(&house.member(name).await).await);
        }
        for round in 0..40 {
            let logins = [house.log_in(&ana).await, house.log_in(&ana).await, house.log_in(&ana).await];
            let later = house.now().await + TimeDelta::minutes(1);
            let mut acts: Vec<std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>> = Vec::new();
            for login in &logins {
                let (accounts, session, id) = (house.accounts.clone(), login.id.clone(), ana.id);
                acts.push(Box::pin(async move {
                    accounts.record_limit_reached((id, "ana"), (LoginClass::Sessions, &session), EndReason::Idle).await
                }));
                let (accounts, actor) = (house.accounts.clone(), ana.acting_from(login));
                acts.push(Box::pin(async move { accounts.log_out(&actor).await }));
            }
            // Three nodes, each of which saw all of them.
            for node in [house.node(), house.node(), house.node()] {
                for login in logins.iter().chain(&others) {
                    node.record_activity(house.activity(login, later));
                }
                acts.push(Box::pin(async move { node.flush_activity().await }));
                let node = house.node();
                acts.push(Box::pin(async move { node.tidy_logins().await.map(drop) }));
            }
            let (accounts, target) = (house.accounts.clone(), ana.target());
            acts.push(Box::pin(async move {
                accounts.force_logout(&operator(), &target, ForceLogoutMoment::Now, &reasons()).await.map(drop)
            }));
            let accounts = house.accounts.clone();
            acts.push(Box::pin(async move {
                accounts.force_everyone_out(&operator(), ForceLogoutMoment::Now, &reasons()).await.map(drop)
            }));
            for outcome in run_concurrently(acts).await {
                outcome.unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
            for login in &logins {
                assert!(house.verdict(login).await.is_err());
            }
        }
    })
    .await;
}

/// The text in upper case for every second number.
fn cased(text: &str, n: usize) -> String {
    if n.is_multiple_of(2) { text.to_owned() } else { text.to_uppercase() }
}
