//! Claims, limits and outcomes of letters: one node at a time, never lost, never more than twice, few to one address.

use std::{iter, time::Duration};

use chrono::TimeDelta;
use curfew::{
    accounts::{ForceLogoutMoment, LetterComes, LetterOutcome, LetterToSend, Node, Target},
    domain::letters::{
        kind::LetterKind,
        link::LinkPurpose,
        sending::{LetterFault, MOST_ATTEMPTS},
    },
    store::{
        Pools,
        letters::{NewLetter, insert_letter},
    },
};
use rocket::tokio::join;
use sqlx::AssertSqlSafe;

use crate::{
    house::{
        House, NEW_PASSWORD, Person, client, email, new_password, on_each_engine, operator, reasons, registration_with,
        run_concurrently,
    },
    raw::{count, run, texts, until_one_waits_for_a_lock},
};

fn node(name: &str) -> Node {
    Node::new(name.to_owned())
}

async fn queue(house: &House, kind: LetterKind, user_id: i64, address: &str) -> i64 {
    let now = house.now().await;
    let mut tx = house.store.begin().await.expect("a transaction");
    let letter = NewLetter { user_id: Some(user_id), ..NewLetter::new(kind, address, now) };
    let id = insert_letter(&mut tx, &letter).await.expect("a letter");
    tx.commit().await.expect("a commit");
    id
}

async fn queue_one(house: &House, name: &str) -> i64 {
    let user = house.member(name).await;
    queue(house, LetterKind::PasswordChanged, user.id, &format!("{name}@example.org")).await
}

async fn claim(house: &House, node: &Node) -> Option<LetterToSend> {
    house.accounts.claim_letter(node, None).await.expect("the database answers")
}

async fn record(house: &House, node: &Node, id: i64, has_begun: bool, outcome: LetterOutcome) {
    house.accounts.record_letter_outcome(node, id, has_begun, &outcome).await.expect("the database answers");
}

/// Each letter as "state attempts sendings error".
async fn rows(house: &House) -> Vec<String> {
    let sql = "
        SELECT state || ' ' || CAST(attempts AS TEXT) || ' ' || CAST(sendings AS TEXT) || ' ' || COALESCE(error, '-')
        FROM curfew_letters ORDER BY id";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

fn not_yet() -> LetterOutcome {
    LetterOutcome::NotYet("450 later".to_owned())
}

fn unknown() -> LetterOutcome {
    LetterOutcome::Unknown("cut".to_owned())
}

#[rocket::async_test]
async fn a_letter_belongs_to_one_node_until_its_claim_runs_out() {
    on_each_engine(async |house: &House| {
        let (first, second) = (node("one"), node("two"));
        let id = queue_one(house, "ana").await;
        assert!(house.accounts.has_due_letter().await.expect("an answer"));
        assert_eq!(claim(house, &first).await.expect("a letter").id, id);
        assert!(claim(house, &second).await.is_none());
        house.store.clock().shift(TimeDelta::seconds(14));
        assert!(claim(house, &second).await.is_none());
        assert!(house.accounts.extend_claim(&first, id).await.expect("an answer"), "while it is being sent");
        house.store.clock().shift(TimeDelta::seconds(14));
        assert!(claim(house, &second).await.is_none());
        house.store.clock().shift(TimeDelta::seconds(2));
        // The first node is dead or lost its database: less than 20 seconds after its last sign.
        assert_eq!(claim(house, &second).await.expect("the letter is taken over").id, id);
        assert!(!house.accounts.extend_claim(&first, id).await.expect("an answer"));
        assert!(!house.accounts.begin_sending(&first, id).await.expect("an answer"), "it is not the first node's");
        for outcome in [not_yet(), unknown(), LetterOutcome::Refused("550 unknown user".to_owned())] {
            record(house, &first, id, false, outcome).await;
            assert_eq!(rows(house).await, ["waiting 2 0 -"], "nor is its outcome");
        }
        assert!(house.accounts.begin_sending(&second, id).await.expect("an answer"));
        record(house, &second, id, true, LetterOutcome::Sent).await;
        assert_eq!(rows(house).await, ["sent 2 1 -"]);
        assert!(!house.accounts.has_due_letter().await.expect("an answer"));
    })
    .await;
}

#[rocket::async_test]
async fn nodes_that_claim_at_the_same_time_share_the_letters() {
    on_each_engine(async |house: &House| {
        let user = house.member("ana").await;
        for number in 0..12 {
            queue(house, LetterKind::PasswordChanged, user.id, &format!("ana+{number}@example.org")).await;
        }
        let claims = (0..4).map(|number| {
            let (accounts, node) = (house.node(), node(&number.to_string()));
            async move {
                let mut ids = Vec::new();
                while let Some(letter) = accounts.claim_letter(&node, None).await.expect("the database answers") {
                    ids.push(letter.id);
                }
                ids
            }
        });
        let mut ids: Vec<i64> = run_concurrently(claims.collect()).await.into_iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 12);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_letters WHERE attempts = 1").await, 12);
    })
    .await;
}

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

/// A mail server may put a letter off for longer than its link works, or than until the next force logout.
#[rocket::async_test]
async fn a_letter_that_is_tried_again_arrives_with_a_link_that_works() {
    on_each_engine(async |house: &House| {
        let (ours, ana) = (node("one"), house.member("ana").await);
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
        for kind in [LetterKind::ResetPassword, LetterKind::VerifyEmail, LetterKind::PasswordChanged] {
            let id = queue(house, kind, ana.id, "ana@example.org").await;
            let first = claim(house, &ours).await.expect("a letter");
            record(house, &ours, id, false, not_yet()).await;
            house.everyone_out(ForceLogoutMoment::Now).await;
            house.store.clock().shift(TimeDelta::days(2));
            let again = claim(house, &ours).await.expect("the letter again");
            assert_eq!(again.id, id);
            let (purpose, token) = again.link;
            let read = house.accounts.read_link(purpose, &token).await;
            assert!(read.is_ok(), "{kind:?}: {read:?}");
            let of_first = house.accounts.read_link(purpose, &first.link.1).await;
            assert_eq!(of_first.is_ok(), purpose == LinkPurpose::NotMe, "{kind:?}: the rule ends the others");
            record(house, &ours, id, false, LetterOutcome::Sent).await;
        }
        let not_me = "SELECT COUNT(*) FROM curfew_links WHERE purpose = 'not-me'";
        assert_eq!(count(&house.store, not_me).await, 1, "each attempt sends the same one, used up by any of them");
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

/// On Postgres only: SQLite has one writer. A claim finds its letter before it waits for the account.
#[rocket::async_test]
async fn a_claim_obeys_what_was_done_to_its_letter_while_it_waited() {
    async fn claims_while(house: &House, user_id: i64, done: &str) -> Option<LetterToSend> {
        let Pools::Postgres { pool, .. } = &house.store.pools else { unreachable!("the test is for Postgres") };
        let mut holder = pool.begin().await.expect("a transaction");
        let lock = "SELECT 1 FROM curfew_users WHERE id = $1 FOR UPDATE";
        sqlx::query(lock).bind(user_id).execute(&mut *holder).await.expect("the lock");
        let act = async {
            until_one_waits_for_a_lock(&house.store).await;
            sqlx::query(AssertSqlSafe(done.to_owned())).execute(&mut *holder).await.expect("the act");
            holder.commit().await.expect("a commit");
        };
        let ours = node("one");
        join!(claim(house, &ours), act).0
    }
    on_each_engine(async |house: &House| {
        if !matches!(house.store.pools, Pools::Postgres { .. }) {
            return;
        }
        let user = house.member("ana").await;
        let dropped = "UPDATE curfew_letters SET state = 'dropped', due_at = NULL, finished_at = now()";
        queue(house, LetterKind::PasswordChanged, user.id, "mallory@example.org").await;
        assert!(claims_while(house, user.id, dropped).await.is_none());
        assert_eq!(rows(house).await, ["dropped 0 0 -"]);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_links").await, 0, "no link was issued for it");

        queue(house, LetterKind::NewLogin, user.id, "ana@example.org").await;
        let more = "UPDATE curfew_letters SET times = 20 WHERE kind = 'new-login'";
        assert_eq!(claims_while(house, user.id, more).await.expect("a letter").times, 20);

        house.accounts.request_reset(&client(), &email("ana@example.org")).await.expect("it is queued");
        let changed = "UPDATE curfew_users SET email = 'new@example.org' WHERE username = 'ana'";
        assert!(claims_while(house, user.id, changed).await.is_none(), "nobody asked for a letter to that address");
    })
    .await;
}

#[rocket::async_test]
async fn an_answer_is_stored_without_control_characters() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        let id = queue_one(house, "ana").await;
        claim(house, &ours).await.expect("a letter");
        let refused = LetterOutcome::Refused("550 \u{1b}[31mred\u{202e} end".to_owned());
        record(house, &ours, id, false, refused).await;
        assert_eq!(rows(house).await, ["failed 1 0 550 \\u{1b}[31mred\\u{202e} end"]);
    })
    .await;
}

#[rocket::async_test]
async fn a_letter_is_sent_at_most_twice() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        let id = queue_one(house, "ana").await;
        for again in [5, 9] {
            claim(house, &ours).await.expect("a letter");
            assert!(house.accounts.begin_sending(&ours, id).await.expect("an answer"));
            record(house, &ours, id, true, not_yet()).await;
            assert_eq!(rows(house).await.len(), 1);
            house.store.clock().shift(TimeDelta::seconds(again));
        }
        assert_eq!(rows(house).await, ["waiting 2 0 450 later"], "an answer says that the server does not have it");
        claim(house, &ours).await.expect("a letter");
        assert!(house.accounts.begin_sending(&ours, id).await.expect("an answer"));
        record(house, &ours, id, true, unknown()).await;
        assert_eq!(rows(house).await, ["waiting 3 1 cut"]);
        house.store.clock().shift(TimeDelta::seconds(17));
        claim(house, &ours).await.expect("a letter");
        assert!(house.accounts.begin_sending(&ours, id).await.expect("an answer"));
        assert!(!house.accounts.begin_sending(&ours, id).await.expect("an answer"), "a third copy");
        record(house, &ours, id, true, unknown()).await;
        assert_eq!(rows(house).await, [format!("failed 4 2 {}", LetterFault::UnknownOutcome.code())]);

        // Nodes that die during two sendings record no outcome.
        let id = queue_one(house, "ben").await;
        for number in 0..2 {
            let dying = node(&number.to_string());
            claim(house, &dying).await.expect("a letter");
            assert!(house.accounts.begin_sending(&dying, id).await.expect("an answer"));
            house.store.clock().shift(TimeDelta::seconds(16));
        }
        assert!(claim(house, &ours).await.is_none());
        assert_eq!(rows(house).await[1], format!("failed 2 2 {}", LetterFault::UnknownOutcome.code()));
    })
    .await;
}

#[rocket::async_test]
async fn a_letter_is_tried_for_a_day_with_growing_waits() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        let id = queue_one(house, "ana").await;
        let begin = house.now().await;
        let mut waits = [4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048].into_iter().chain(iter::repeat(3_600));
        while claim(house, &ours).await.is_some() {
            record(house, &ours, id, false, not_yet()).await;
            house.store.clock().shift(TimeDelta::seconds(waits.next().expect("a wait") - 1));
            assert!(claim(house, &ours).await.is_none(), "it waits");
            house.store.clock().shift(TimeDelta::seconds(1));
        }
        assert_eq!(rows(house).await, [format!("failed {MOST_ATTEMPTS} 0 450 later")]);
        assert!(house.now().await - begin >= TimeDelta::days(1));
    })
    .await;
}

#[rocket::async_test]
async fn letters_wait_together_while_the_mail_server_is_gone() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        for name in ["ana", "ben", "cleo"] {
            queue_one(house, name).await;
        }
        let id = claim(house, &ours).await.expect("a letter").id;
        record(house, &ours, id, false, LetterOutcome::Refused("550 no".to_owned())).await;
        assert_eq!(house.accounts.postpone_due_letters("refused").await.expect("an answer"), 2);
        assert_eq!(rows(house).await, ["failed 1 0 550 no", "waiting 1 0 refused", "waiting 1 0 refused"]);
        assert!(!house.accounts.has_due_letter().await.expect("an answer"));
        let minute = Duration::from_mins(1);
        let late = house.accounts.read_late_letters(minute).await.expect("counts");
        assert_eq!((late.waiting, late.waiting_is_minimum, late.failed), (2, false, 1));
        house.store.clock().shift(TimeDelta::seconds(4));
        assert!(claim(house, &ours).await.is_some(), "they count for no limit");
        for _ in 0..6 {
            let twice = "
                INSERT INTO curfew_letters (kind, user_id, address, address_key, details, queued_at, due_at, state)
                SELECT kind, user_id, address, address_key, details, queued_at, queued_at, state
                FROM curfew_letters WHERE state = 'waiting'";
            run(&house.store, twice).await;
        }
        let late = house.accounts.read_late_letters(minute).await.expect("counts");
        assert_eq!((late.waiting, late.waiting_is_minimum), (100, true), "of 128");
    })
    .await;
}

#[rocket::async_test]
async fn a_finished_letter_forgets_what_it_said_and_goes_after_a_week() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        let id = queue_one(house, "ana").await;
        run(&house.store, "UPDATE curfew_letters SET details = '{\"user_agent\":\"Firefox\"}', origin = 'https://a.b'")
            .await;
        claim(house, &ours).await.expect("a letter");
        record(house, &ours, id, false, LetterOutcome::Sent).await;
        let told = "SELECT COUNT(*) FROM curfew_letters WHERE details <> '{}' OR origin IS NOT NULL";
        assert_eq!(count(&house.store, told).await, 0);
        let listed = house.accounts.list_newest_letters(10).await.expect("a list");
        assert_eq!((listed[0].username.as_deref(), listed[0].state.as_str()), (Some("ana"), "sent"));
        house.store.clock().shift(TimeDelta::days(7) - TimeDelta::minutes(1));
        assert_eq!(house.accounts.purge_letters().await.expect("an answer"), 0);
        house.store.clock().shift(TimeDelta::minutes(2));
        assert_eq!(house.accounts.purge_letters().await.expect("an answer"), 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_links").await, 1, "a link works for a week");
        house.store.clock().shift(TimeDelta::days(1));
        assert_eq!(house.accounts.purge_letters().await.expect("an answer"), 1);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_link_tokens").await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn a_letter_that_cannot_be_read_holds_up_no_other() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        for name in ["ana", "ben", "cleo"] {
            queue_one(house, name).await;
        }
        run(&house.store, "UPDATE curfew_letters SET details = 'no JSON' WHERE id = 1").await;
        run(&house.store, "UPDATE curfew_letters SET kind = 'from-a-later-version' WHERE id = 2").await;
        assert_eq!(claim(house, &ours).await.expect("a letter").username, "cleo");
        let unreadable = format!("failed 0 0 {}", LetterFault::Unreadable.code());
        assert_eq!(rows(house).await, [&unreadable, &unreadable, "waiting 1 0 -"]);
    })
    .await;
}

/// Each failure to prepare it is written to the log, so it must not be tried forever.
#[rocket::async_test]
async fn a_letter_of_an_account_that_cannot_be_read_fails_in_the_end() {
    on_each_engine(async |house: &House| {
        let ours = node("one");
        queue_one(house, "ana").await;
        // Postgres has no such date.
        if !matches!(house.store.pools, Pools::Sqlite { .. }) {
            return;
        }
        run(&house.store, "UPDATE curfew_users SET date_joined = 'last year'").await;
        for _ in 0..=MOST_ATTEMPTS {
            assert!(claim(house, &ours).await.is_none());
            house.store.clock().shift(TimeDelta::hours(2));
        }
        assert!(rows(house).await[0].starts_with("failed"), "{:?}", rows(house).await);
    })
    .await;
}
