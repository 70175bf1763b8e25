//! How many letters of a kind an address gets in an hour, whoever asks, and which waits for the next one.

use chrono::TimeDelta;
use curfew::{
    accounts::{Client, LetterComes, LetterOutcome, Target},
    domain::letters::{kind::LetterKind, link::LinkPurpose},
};

use crate::{
    house::{
        House, NEW_PASSWORD, Person, client, email, new_password, on_each_engine, operator, reasons, registration_with,
        run_concurrently,
    },
    letters::steps::{claim, node, not_yet, queue, record, rows, unknown},
    raw::{count, run, texts},
};

#[rocket::async_test]
async fn an_address_gets_three_letters_of_a_kind_per_hour_from_all_nodes_together() {
    on_each_engine(async |house: &House| {
        let user = house.member("ana").await;
        for address in ["ana@example.org", "ANA@example.org"].repeat(5) {
            queue(house, LetterKind::PasswordChanged, user.id, address).await;
        }
        let claims = (0..4).map(|number| {
            let (accounts, node) = (house.node(), node(&number.to_string()));
            async move {
                let mut sent = 0;
                while let Some(letter) = accounts.claim_letter(&node, None).await.expect("the database answers") {
                    assert!(accounts.begin_sending(&node, letter.id).await.expect("an answer"));
                    let outcome = accounts.record_letter_outcome(&node, letter.id, true, &LetterOutcome::Sent);
                    outcome.await.expect("the database answers");
                    sent += 1;
                }
                sent
            }
        });
        let sent: Vec<u32> = run_concurrently(claims.collect()).await;
        assert_eq!(sent.iter().sum::<u32>(), 3);
        let put_off =
            "SELECT COUNT(*) FROM curfew_letters WHERE state = 'waiting' AND error = 'limit' AND attempts = 0";
        assert_eq!(count(&house.store, put_off).await, 1, "one waits for the account, however many there are");
        let dropped = "SELECT COUNT(*) FROM curfew_letters WHERE state = 'dropped' AND error = 'limit'";
        assert_eq!(count(&house.store, dropped).await, 6);

        let ours = node("one");
        for kind in [LetterKind::EmailChanged, LetterKind::NewLogin, LetterKind::NewLogin] {
            queue(house, kind, user.id, "ana@example.org").await;
        }
        assert_eq!(claim(house, &ours).await.expect("of another kind").kind, LetterKind::EmailChanged);
        let third = claim(house, &ours).await.expect("of a third kind");
        assert_eq!(third.kind, LetterKind::NewLogin);
        assert!(claim(house, &ours).await.is_none(), "one an hour tells of new logins");
        run(&house.store, "UPDATE curfew_letters SET state = 'sent', due_at = NULL WHERE claimed_by IS NOT NULL").await;
        house.store.clock().shift(TimeDelta::minutes(59));
        assert!(claim(house, &ours).await.is_none());
        house.store.clock().shift(TimeDelta::minutes(2));
        queue(house, LetterKind::PasswordChanged, user.id, "ana@example.org").await;
        for kind in [LetterKind::PasswordChanged, LetterKind::NewLogin, LetterKind::PasswordChanged] {
            assert_eq!(claim(house, &ours).await.expect("those that were put off come first").kind, kind);
        }
    })
    .await;
}

/// A stranger fills the limit with requests. What staff, the owner or the site send must not be lost by that.
#[rocket::async_test]
async fn requests_of_strangers_put_off_a_letter_of_the_account_but_never_stop_it() {
    on_each_engine(async |house: &House| {
        let (ours, ana) = (node("one"), house.member("ana").await);
        let ask = async |times: usize| {
            for _ in 0..times {
                house.accounts.request_reset(&client(), &email("ana@example.org")).await.expect("it is queued");
            }
        };
        let sends = async || {
            let mut sent = 0;
            while let Some(letter) = claim(house, &ours).await {
                record(house, &ours, letter.id, false, LetterOutcome::Sent).await;
                sent += 1;
            }
            sent
        };
        ask(2).await;
        let (_, comes) = house.accounts.send_reset_link(&operator(), &ana.target()).await.expect("it is queued");
        assert_eq!((comes, sends().await), (LetterComes::Now, 3));
        ask(5).await;
        assert_eq!(sends().await, 0);
        let left = "SELECT COUNT(*) FROM curfew_letters WHERE user_id IS NULL AND link_id IS NULL";
        assert_eq!(count(&house.store, left).await, 0, "nothing is left of requests beyond the limit");
        house.store.clock().shift(TimeDelta::minutes(10));
        for _ in 0..3 {
            let (_, comes) = house.accounts.send_reset_link(&operator(), &ana.target()).await.expect("it is queued");
            assert_eq!(comes, LetterComes::WithinAnHour);
            assert_eq!(sends().await, 0);
        }
        let token = house.link(LinkPurpose::NotMe, &ana, "ana@example.org").await;
        let back = house.accounts.take_account_back(&client(), &token).await.expect("the owner takes it back");
        assert_eq!(back.letter, LetterComes::WithinAnHour);
        let waiting = "SELECT COUNT(*) FROM curfew_letters WHERE due_at IS NOT NULL";
        sends().await;
        assert_eq!(count(&house.store, waiting).await, 1, "they wait as one");
        house.store.clock().shift(TimeDelta::minutes(49));
        ask(5).await;
        assert_eq!(sends().await, 0);
        house.store.clock().shift(TimeDelta::minutes(1));
        ask(5).await;
        let letter = claim(house, &ours).await.expect("the letter that was put off comes first");
        assert_eq!(
            count(&house.store, &format!("SELECT user_id FROM curfew_letters WHERE id = {}", letter.id)).await,
            ana.id
        );
        let (_, reset) = letter.link;
        house.accounts.reset_password(&client(), &reset, &new_password(NEW_PASSWORD)).await.expect("its link works");
    })
    .await;
}

/// Mallory wants ana's address too, and asks for its letter all the time. One an hour is kept for ana.
#[rocket::async_test]
async fn whoever_else_asks_for_an_address_the_account_that_has_it_gets_its_letter() {
    on_each_engine(async |house: &House| {
        let (ours, mallory, ana) = (node("one"), house.member("mallory").await, house.member("ana").await);
        let asks = async |user: &Person| queue(house, LetterKind::VerifyEmail, user.id, "ana@example.org").await;
        let sent_to = async || {
            let mut users = Vec::new();
            while let Some(letter) = claim(house, &ours).await {
                record(house, &ours, letter.id, false, LetterOutcome::Sent).await;
                users.push(letter.username);
            }
            users
        };
        run(&house.store, "UPDATE curfew_users SET pending_email = 'ana@example.org' WHERE username = 'mallory'").await;
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL WHERE username = 'ana'").await;
        for _ in 0..4 {
            asks(&mallory).await;
        }
        asks(&ana).await;
        assert_eq!(sent_to().await, ["mallory", "mallory", "ana"]);
        for user in [&mallory, &ana, &mallory] {
            asks(user).await;
        }
        assert_eq!(sent_to().await, [""; 0], "an address gets three in an hour, whoever asks");
        house.store.clock().shift(TimeDelta::minutes(61));
        assert!(sent_to().await.contains(&"ana".to_owned()));
    })
    .await;
}

#[rocket::async_test]
async fn requests_that_nobody_can_get_a_letter_for_are_deleted_and_no_others() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        house.member("ana").await;
        let ask = async |address: &str| {
            house.accounts.request_reset(&client(), &email(address)).await.expect("it is queued");
        };
        ask("nobody@example.org").await;
        ask("ana@example.org").await;
        ask("somebody@example.org").await;
        assert_eq!(claim(house, &ours).await.expect("a letter").address, "ana@example.org");
        assert_eq!(rows(house).await, ["waiting 1 0 -"], "the others that are due go with the first");
    })
    .await;
}

/// The first letter was put off by the mail server, and sent just before the next one was due.
#[rocket::async_test]
async fn a_letter_about_new_logins_is_never_lost_by_the_limit() {
    on_each_engine(async |house: &House| {
        let (ours, ana) = (node("one"), house.member("ana").await);
        house.log_in(&ana).await;
        house.log_in(&ana).await;
        let first = claim(house, &ours).await.expect("a letter");
        house.log_in(&ana).await; // while the first letter is being sent
        record(house, &ours, first.id, false, not_yet()).await;
        house.store.clock().shift(TimeDelta::minutes(59));
        assert_eq!(claim(house, &ours).await.expect("the first again").id, first.id);
        record(house, &ours, first.id, false, LetterOutcome::Sent).await;
        house.store.clock().shift(TimeDelta::minutes(2));
        assert!(claim(house, &ours).await.is_none(), "one an hour");
        house.log_in(&ana).await;
        house.store.clock().shift(TimeDelta::minutes(58));
        let second = claim(house, &ours).await.expect("the second letter");
        assert_eq!((second.kind, first.times + second.times), (LetterKind::NewLogin, 3), "every login is reported");
    })
    .await;
}

/// Nothing but this limit bounds how often strangers ask, so what is over it must not reach the database.
#[rocket::async_test]
async fn a_client_that_asks_too_often_costs_the_database_nothing() {
    on_each_engine(async |house: &House| {
        let accounts = house.accounts_with(|settings| settings.throttle_login.count = 1);
        let ask = async |client: &Client| accounts.request_reset(client, &email("nobody@example.org")).await;
        let (eager, other) = (client(), Client::new("198.51.100.9".to_owned(), "a browser"));
        for _ in 0..20 {
            ask(&eager).await.expect("an answer");
        }
        run(&house.store, "ALTER TABLE curfew_letters RENAME TO letters_elsewhere").await;
        ask(&eager).await.expect("the same answer");
        assert!(ask(&other).await.is_err(), "others still ask the database");
        run(&house.store, "ALTER TABLE letters_elsewhere RENAME TO curfew_letters").await;
    })
    .await;
}

/// Somebody registers with a stranger's address and deletes the account, again and again.
#[rocket::async_test]
async fn letters_of_deleted_accounts_count_and_keep_no_address() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        let address = "bystander@example.org";
        let mut sent = 0;
        for number in 0..6 {
            let name = format!("user{number}");
            let started = house.accounts.register(&client(), &registration_with(&name, address)).await;
            let id = started.expect("an answer").expect("a session").user_id;
            house.accounts.request_verification(&client(), &email(address)).await.expect("it is queued");
            while let Some(letter) = claim(house, &ours).await {
                let refused = LetterOutcome::Refused(format!("550 <{address}>: no such mailbox"));
                let outcome = if number == 0 { refused } else { LetterOutcome::Sent };
                record(house, &ours, letter.id, false, outcome).await;
                sent += 1;
            }
            // One waits, and one is being sent.
            queue(house, LetterKind::PasswordChanged, id, address).await;
            queue(house, LetterKind::EmailChanged, id, address).await;
            let _being_sent = claim(house, &ours).await;
            house.accounts.delete_user(&operator(), &Target::Id(id), &reasons()).await.expect("a deletion");
            let kept = "
                SELECT kind || address || address_key || details || COALESCE(error, '') || COALESCE(origin, '')
                FROM curfew_letters";
            let kept: String = texts(&house.store, kept).await.into_iter().flatten().collect();
            assert!(!kept.contains("bystander") && !kept.contains("192.0.2.7"), "{kept}");
            let of_somebody = "SELECT COUNT(*) FROM curfew_letters WHERE user_id IS NOT NULL OR link_id IS NOT NULL";
            assert_eq!(count(&house.store, of_somebody).await, 0);
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_letters WHERE due_at IS NOT NULL").await, 0);
        }
        assert_eq!(sent, 3, "one address gets no more of a kind in an hour");
        house.store.clock().shift(TimeDelta::minutes(59));
        house.accounts.purge_letters().await.expect("an answer");
        assert!(count(&house.store, "SELECT COUNT(*) FROM curfew_letters").await > 0);
        house.store.clock().shift(TimeDelta::minutes(2));
        house.accounts.purge_letters().await.expect("an answer");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_letters").await, 0, "a hash stays for an hour");
    })
    .await;
}

#[rocket::async_test]
async fn a_deleted_account_leaves_no_letter_to_an_address_that_it_had_long_ago() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        for number in 0..20 {
            queue(house, LetterKind::PasswordChanged, ana.id, &format!("ana{number}@example.org")).await;
        }
        run(&house.store, "UPDATE curfew_letters SET state = 'sent', due_at = NULL, started_at = queued_at").await;
        house.store.clock().shift(TimeDelta::hours(2));
        // A request that names no account, and letters of somebody else.
        house.accounts.request_verification(&client(), &email("ana7@example.org")).await.expect("it is queued");
        house.accounts.request_verification(&client(), &email("ben@example.org")).await.expect("it is queued");
        queue(house, LetterKind::PasswordChanged, ben.id, "ana7@example.org").await;
        house.accounts.delete_user(&operator(), &ana.target(), &reasons()).await.expect("a deletion");
        let left = "SELECT address FROM curfew_letters ORDER BY address";
        let of_others = ["ana7@example.org", "ben@example.org"].map(|address| Some(address.to_owned()));
        assert_eq!(texts(&house.store, left).await, of_others);
    })
    .await;
}

/// The first attempt may have delivered it. Then the account is deactivated, so it is not tried again.
#[rocket::async_test]
async fn a_letter_that_may_have_arrived_counts_even_if_it_is_dropped() {
    on_each_engine(async |house: &House| {
        let (ours, user) = (node("one"), house.member("ana").await);
        let id = queue(house, LetterKind::ResetPassword, user.id, "ana@example.org").await;
        claim(house, &ours).await.expect("a letter");
        assert!(house.accounts.begin_sending(&ours, id).await.expect("an answer"));
        record(house, &ours, id, true, unknown()).await;
        house.accounts.deactivate(&operator(), &user.target(), None, &reasons()).await.expect("a deactivation");
        house.store.clock().shift(TimeDelta::seconds(5));
        assert!(claim(house, &ours).await.is_none());
        assert_eq!(rows(house).await, ["dropped 1 1 -"]);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_letters WHERE started_at IS NOT NULL").await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn letters_that_the_server_did_not_take_yet_count_for_the_limit_too() {
    on_each_engine(async |house: &House| {
        let (ours, user) = (node("one"), house.member("ana").await);
        for _ in 0..3 {
            let id = queue(house, LetterKind::PasswordChanged, user.id, "ana@example.org").await;
            claim(house, &ours).await.expect("a letter");
            record(house, &ours, id, false, not_yet()).await;
        }
        // Hours later, when the first ones have reached nobody yet.
        house.store.clock().shift(TimeDelta::seconds(2));
        queue(house, LetterKind::PasswordChanged, user.id, "ana@example.org").await;
        assert!(claim(house, &ours).await.is_none());
        let waiting = ["waiting 1 0 450 later"; 3];
        assert_eq!(rows(house).await, [&waiting[..], &["waiting 0 0 limit"]].concat());
        run(&house.store, "UPDATE curfew_letters SET state = 'failed', due_at = NULL WHERE attempts > 0").await;
        house.store.clock().shift(TimeDelta::minutes(5));
        assert!(claim(house, &ours).await.is_some(), "none of them has reached the address");
    })
    .await;
}
