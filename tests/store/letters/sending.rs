//! Claims and outcomes of letters: one node at a time, never lost, never more than twice.

use std::{iter, time::Duration};

use chrono::TimeDelta;
use curfew::{
    accounts::{ForceLogoutMoment, LetterOutcome, LetterToSend},
    domain::letters::{
        kind::LetterKind,
        link::LinkPurpose,
        sending::{LetterFault, MOST_ATTEMPTS},
    },
    store::Pools,
};
use rocket::tokio::join;
use sqlx::AssertSqlSafe;

use crate::{
    house::{House, client, email, on_each_engine, run_concurrently},
    letters::steps::{claim, node, not_yet, queue, queue_one, record, rows, unknown},
    raw::{count, run, until_one_waits_for_a_lock},
};

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

/// On Postgres only, as above. The node was held up for longer than its claim.
#[rocket::async_test]
async fn a_late_outcome_changes_nothing_of_a_letter_that_another_node_takes_over_meanwhile() {
    on_each_engine(async |house: &House| {
        let Pools::Postgres { pool, .. } = &house.store.pools else { return };
        let ours = node("one");
        let id = queue_one(house, "ana").await;
        claim(house, &ours).await.expect("a letter");
        let mut other = pool.begin().await.expect("a transaction");
        let takes_over = "UPDATE curfew_letters SET claimed_by = 'other', attempts = attempts + 1";
        sqlx::query(takes_over).execute(&mut *other).await.expect("the other claim");
        let act = async {
            until_one_waits_for_a_lock(&house.store).await;
            other.commit().await.expect("a commit");
        };
        join!(record(house, &ours, id, false, not_yet()), act);
        assert_eq!(rows(house).await, ["waiting 2 0 -"]);
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_letters WHERE claimed_by = 'other'").await, 1);
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
