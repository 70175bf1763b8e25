//! Which acts queue a letter, to whom, and how often.

use chrono::TimeDelta;
use curfew::{
    accounts::ForceLogoutMoment,
    accounts::{Client, KnownBrowser, LetterOutcome, Node, NotifyUser},
    domain::{
        letters::link::LinkPurpose,
        logins::token::TokenLabel,
        people::{login_name::LoginName, role::Role},
    },
};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, client, credentials, email, new_password, on_each_engine, operator, password,
        reasons, registration,
    },
    letters::steps::{claim, node},
    raw::{count, run, texts},
};

/// Every letter, as "kind address times".
async fn letters(house: &House) -> Vec<String> {
    let sql = "SELECT kind || ' ' || address || ' ' || CAST(times AS TEXT) FROM curfew_letters ORDER BY id";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

#[rocket::async_test]
async fn each_act_that_a_user_must_know_of_queues_its_letter() {
    on_each_engine(async |house: &House| {
        let started = house.accounts.register(&client(), &registration("ana")).await.expect("an answer");
        let ana = crate::house::Person {
            id: started.expect("a session").user_id,
            name: "ana".to_owned(),
            role: Role::Member,
        };
        assert_eq!(letters(house).await, ["verify-email ana@example.org 1"]);
        run(&house.store, "DELETE FROM curfew_letters").await;
        let known = Client::new("192.0.2.7".to_owned(), "Firefox").known_as(vec![KnownBrowser {
            user_id: ana.id,
            password_version: 7,
            browser: "b".to_owned(),
        }]);
        let login = house.accounts.log_in(&known, &credentials("ana", PASSWORD)).await.expect("a login");
        assert_eq!(letters(house).await, [""; 0], "a browser that the account has used before a new password too");

        let acting = ana.acting_from(&login);
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        house.accounts.change_password(&acting, &old, &new, false).await.expect("a new password");
        let why = (&reasons(), NotifyUser::ByLetter);
        let (root, target, now) = (operator(), ana.target(), ForceLogoutMoment::Now);
        house.accounts.force_logout(&root, &target, now, &reasons()).await.expect("without a letter");
        house.accounts.force_logout_and_notify(&root, &target, now, why).await.expect("with a letter");
        house.accounts.deactivate_and_notify(&root, &target, None, why).await.expect("with a letter");
        let expected =
            ["password-changed", "forced-out", "deactivated"].map(|kind| format!("{kind} ana@example.org 1"));
        assert_eq!(letters(house).await, expected);
        let of_staff = "SELECT COUNT(*) FROM curfew_letters WHERE details LIKE '%seen twice%'";
        assert_eq!(count(&house.store, of_staff).await, 0, "the reason for staff is in no letter");
        let of_user = "SELECT COUNT(*) FROM curfew_letters WHERE details LIKE '%please log in again%'";
        assert_eq!(count(&house.store, of_user).await, 2);
        house.accounts.delete_user(&root, &target, &reasons()).await.expect("a deletion");
        assert_eq!(letters(house).await, [""; 0], "an account's letters end with it");
    })
    .await;
}

#[rocket::async_test]
async fn a_letter_names_the_browser_of_the_user_but_not_that_of_staff() {
    on_each_engine(async |house: &House| {
        let (root, ana) = (house.person("root", Role::Superuser).await, house.member("ana").await);
        let (root, acting) = (house.acting(&root).await, house.acting(&ana).await);
        let (accounts, target, now) = (&house.accounts, ana.target(), ForceLogoutMoment::Now);
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        accounts.change_password(&acting, &old, &new, false).await.expect("a new password");
        accounts.set_password(&root, &target, &new_password(PASSWORD)).await.expect("a new password");
        let why = (&reasons(), NotifyUser::ByLetter);
        accounts.force_logout_and_notify(&root, &target, now, why).await.expect("a letter");
        accounts.send_reset_link(&root, &target).await.expect("a letter");
        accounts.deactivate_and_notify(&root, &target, None, why).await.expect("a letter");
        let kinds = |matching: &'static str| async move {
            let sql = format!("SELECT kind FROM curfew_letters WHERE details {matching} ORDER BY id");
            texts(&house.store, &sql).await.into_iter().flatten().collect::<Vec<_>>()
        };
        let names = "LIKE '%192.0.2.7%' OR details LIKE '%a browser of the tests%'";
        assert_eq!(kinds(names).await, ["password-changed"]);
        let others = ["password-changed", "forced-out", "reset-password", "deactivated"];
        assert_eq!(kinds("NOT LIKE '%192.0.2.7%' AND details NOT LIKE '%a browser of the tests%'").await, others);
    })
    .await;
}

#[rocket::async_test]
async fn logins_of_unknown_browsers_in_one_hour_are_one_letter_with_their_count() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        assert_eq!(letters(house).await, [""; 0], "the first login of an account sends none");
        for _ in 0..20 {
            house.log_in(&ana).await;
        }
        assert_eq!(letters(house).await, ["new-login ana@example.org 20"]);
        // The letter is being sent. What comes later is the next one, an hour after this one.
        let started = "UPDATE curfew_letters SET started_at = queued_at, due_at = NULL";
        run(&house.store, started).await;
        house.store.clock().shift(TimeDelta::minutes(10));
        house.log_in(&ana).await;
        house.log_in(&ana).await;
        assert_eq!(letters(house).await, ["new-login ana@example.org 20", "new-login ana@example.org 2"]);
        let early =
            "SELECT COUNT(*) FROM curfew_letters a JOIN curfew_letters b ON b.id > a.id AND b.due_at < b.queued_at";
        assert_eq!(count(&house.store, early).await, 0);
        let now = house.now().await;
        let waits = format!(
            "SELECT COUNT(*) FROM curfew_letters WHERE started_at IS NULL AND due_at > '{}'",
            (now + TimeDelta::minutes(49)).format("%Y-%m-%d %H:%M:%S+00:00")
        );
        assert_eq!(count(&house.store, &waits).await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn a_program_is_known_by_its_user_agent() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.log_in(&ana).await;
        let log_in = async |user_agent: &str| {
            let client = Client::new("192.0.2.8".to_owned(), user_agent);
            let (name, label) = (LoginName::parse("ana").expect("a name"), TokenLabel::parse("cron").expect("a label"));
            let opened = house.accounts.log_in_for_token(&client, (&name, &password(PASSWORD)), &label).await;
            opened.expect("a token");
        };
        log_in("backup/1").await;
        assert_eq!(letters(house).await, ["new-login ana@example.org 1"]);
        log_in("backup/1").await;
        assert_eq!(letters(house).await, ["new-login ana@example.org 1"]);
        log_in("backup/2").await;
        assert_eq!(letters(house).await, ["new-login ana@example.org 2"]);
    })
    .await;
}

/// An attacker's browser and program stay no more known than the password that they used.
#[rocket::async_test]
async fn what_was_used_before_a_reset_is_new_to_the_account() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (accounts, root, target) = (&house.accounts, operator(), ana.target());
        let mut known: Vec<KnownBrowser> = Vec::new();
        let log_in = async |known: &mut Vec<KnownBrowser>, text: &str| {
            let browser = Client::new("192.0.2.66".to_owned(), "Firefox").known_as(known.clone());
            let started = accounts.log_in(&browser, &credentials("ana", text)).await.expect("a login");
            let version = started.password_version;
            *known = vec![KnownBrowser { user_id: ana.id, password_version: version, browser: "b".to_owned() }];
            let program = Client::new("192.0.2.66".to_owned(), "backup/1");
            let (name, label) = (LoginName::parse("ana").expect("a name"), TokenLabel::parse("cron").expect("a label"));
            accounts.log_in_for_token(&program, (&name, &password(text)), &label).await.expect("a token");
        };
        let reported = async || {
            let sql = "SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT) FROM curfew_letters WHERE kind = 'new-login'";
            let reported = count(&house.store, sql).await;
            run(&house.store, "DELETE FROM curfew_letters").await;
            reported
        };
        log_in(&mut known, PASSWORD).await;
        reported().await;
        log_in(&mut known, PASSWORD).await;
        assert_eq!(reported().await, 0, "both are known");
        let acting = house.acting(&ana).await;
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        accounts.change_password(&acting, &old, &new, false).await.expect("a new password");
        reported().await;
        log_in(&mut known, NEW_PASSWORD).await;
        assert_eq!(reported().await, 0, "whoever changes the password knows the old one");

        house.store.clock().shift(TimeDelta::seconds(1));
        let link = accounts.create_reset_link(&root, &target).await.expect("a link");
        accounts.reset_password(&client(), &link, &new_password(PASSWORD)).await.expect("a new password");
        log_in(&mut known, PASSWORD).await;
        assert_eq!(reported().await, 2, "after a reset");
        log_in(&mut known, PASSWORD).await;
        assert_eq!(reported().await, 0, "once");

        house.store.clock().shift(TimeDelta::seconds(1));
        accounts.set_password(&root, &target, &new).await.expect("a new password");
        log_in(&mut known, NEW_PASSWORD).await;
        assert_eq!(reported().await, 2, "after a new password from the operator");

        house.store.clock().shift(TimeDelta::seconds(1));
        let link = house.link(LinkPurpose::NotMe, &ana, "ana@example.org").await;
        accounts.take_account_back(&client(), &link).await.expect("the owner takes it back");
        // Written as a use case must not: so that only not-me has happened.
        house.member("ben").await;
        let same = "
            UPDATE curfew_users SET password_hash = (SELECT password_hash FROM curfew_users WHERE username = 'ben')
            WHERE username = 'ana'";
        run(&house.store, same).await;
        log_in(&mut known, PASSWORD).await;
        assert_eq!(reported().await, 2, "after not-me");
    })
    .await;
}

#[rocket::async_test]
async fn a_request_queues_one_letter_whatever_the_address_is() {
    on_each_engine(async |house: &House| {
        house.member("ana").await;
        let ben = house.member("ben").await;
        house.accounts.deactivate(&operator(), &ben.target(), None, &reasons()).await.expect("a deactivation");
        for address in ["ana@example.org", "ben@example.org", "nobody@example.org"] {
            house.accounts.request_reset(&client(), &email(address)).await.expect("it is queued");
            house.accounts.request_verification(&client(), &email(address)).await.expect("it is queued");
        }
        let rows = "SELECT COUNT(*) FROM curfew_letters WHERE user_id IS NULL";
        assert_eq!(count(&house.store, rows).await, 6);
        let strict = house.accounts_with(|settings| settings.throttle_login.count = 1);
        for number in 0..15 {
            let address = email(&format!("user{number}@example.org"));
            strict.request_reset(&client(), &address).await.expect("the same answer");
        }
        assert_eq!(count(&house.store, rows).await, 16, "ten pass, and those beyond leave no row");
    })
    .await;
}

/// Otherwise a flood of requests for one address would hold up everybody's letters.
#[rocket::async_test]
async fn no_more_requests_for_an_address_wait_than_it_may_have_letters() {
    on_each_engine(async |house: &House| {
        let (ours, _ana) = (Node::new("one".to_owned()), house.member("ana").await);
        let wait_for = async |address: &str| {
            let sql = format!("SELECT COUNT(*) FROM curfew_letters WHERE address = '{address}' AND due_at IS NOT NULL");
            count(&house.store, &sql).await
        };
        let ask = async |address: &str| {
            for _ in 0..5 {
                house.accounts.request_reset(&client(), &email(address)).await.expect("the same answer");
            }
        };
        for address in ["ana@example.org", "nobody@example.org"] {
            ask(address).await;
            assert_eq!(wait_for(address).await, 3, "{address}");
            house.accounts.request_verification(&client(), &email(address)).await.expect("the same answer");
            assert_eq!(wait_for(address).await, 4, "of another kind: {address}");
        }
        // The mail server takes the known one's letters later. That must not show in what a further request does.
        let later = LetterOutcome::NotYet("450 later".to_owned());
        while let Some(letter) = house.accounts.claim_letter(&ours, None).await.expect("an answer") {
            assert_eq!(letter.address, "ana@example.org");
            house.accounts.record_letter_outcome(&ours, letter.id, false, &later).await.expect("an answer");
        }
        assert_eq!((wait_for("ana@example.org").await, wait_for("nobody@example.org").await), (3, 0));
        ask("ana@example.org").await;
        ask("nobody@example.org").await;
        assert_eq!((wait_for("ana@example.org").await, wait_for("nobody@example.org").await), (6, 3));
    })
    .await;
}

/// Its link may be dead by now: the user may have cancelled the change in the meantime.
#[rocket::async_test]
async fn a_letter_that_is_being_sent_does_not_stand_for_the_next_one() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let ana = ana.acting_from(&house.log_in(&ana).await);
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
        for (is_claimed, queued) in [(false, 1), (false, 1), (true, 2), (false, 2)] {
            if is_claimed {
                assert!(claim(house, &node("one")).await.is_some());
            }
            house.accounts.send_own_verification(&ana).await.expect("it is queued");
            assert_eq!(letters(house).await.len(), queued);
        }
    })
    .await;
}
