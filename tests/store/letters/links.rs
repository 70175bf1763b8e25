//! Links are credentials under the one rule: each works once, and what ends a login ends a link.

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, ForceLogoutMoment, Node, Verified},
    domain::{letters::link::LinkPurpose, people::role::Role, reason::EndReason, reason_text::Reasons},
};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, Person, client, email, new_password, on_each_engine, operator, password,
        run_concurrently,
    },
    raw::{count, run},
};

/// What may end a link before its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    ForcedOut,
    DueForceLogout,
    EveryoneOut,
    Deactivated,
    PasswordChanged,
    RoleChanged,
    NotMe,
    EmailChanged,
    AnHour,
    ADay,
    SevenDays,
    Deleted,
}

/// Each cause × each purpose: whether the link still works.
const CAUSES: [(Cause, [bool; 3]); 12] = [
    // reset, verify, not-me
    (Cause::ForcedOut, [false, false, true]),
    (Cause::DueForceLogout, [false, false, true]),
    (Cause::EveryoneOut, [false, false, true]),
    (Cause::Deactivated, [false, false, true]),
    (Cause::PasswordChanged, [false, false, true]),
    (Cause::RoleChanged, [false, false, true]),
    (Cause::NotMe, [false, false, true]),
    (Cause::EmailChanged, [false, false, true]),
    (Cause::AnHour, [false, true, true]),
    (Cause::ADay, [false, false, true]),
    (Cause::SevenDays, [false, false, false]),
    (Cause::Deleted, [false, false, false]),
];

async fn bring_about(house: &House, cause: Cause, ana: &Person) {
    let (accounts, root, target, why) = (&house.accounts, operator(), ana.target(), Reasons::default());
    match cause {
        Cause::ForcedOut => drop(house.force_out(ana).await),
        Cause::DueForceLogout => {
            let at = house.now().await + TimeDelta::seconds(10);
            house.force_logout(ana, ForceLogoutMoment::At(at)).await;
            house.store.clock().shift(TimeDelta::seconds(11));
        }
        Cause::EveryoneOut => drop(house.everyone_out(ForceLogoutMoment::Now).await),
        Cause::Deactivated => {
            accounts.deactivate(&root, &target, None, &why).await.expect("a deactivation");
        }
        Cause::PasswordChanged => {
            accounts.set_password(&root, &target, &new_password(NEW_PASSWORD)).await.expect("a new password");
        }
        Cause::RoleChanged => {
            accounts.set_role(&root, &target, Role::Member).await.expect("a lower role");
        }
        Cause::NotMe => {
            let token = house.link(LinkPurpose::NotMe, ana, "ana@example.org").await;
            accounts.take_account_back(&client(), &token).await.expect("the owner takes it back");
        }
        Cause::EmailChanged => {
            run(&house.store, "UPDATE curfew_users SET email_verified_at = date_joined").await;
            let acting = house.acting(ana).await;
            house.change_email(&acting, ana, "other@example.org").await;
        }
        Cause::AnHour => house.store.clock().shift(TimeDelta::hours(1)),
        Cause::ADay => house.store.clock().shift(TimeDelta::days(1)),
        Cause::SevenDays => house.store.clock().shift(TimeDelta::days(7)),
        Cause::Deleted => {
            accounts.delete_user(&root, &target, &why).await.expect("a deletion");
        }
    }
}

#[rocket::async_test]
async fn every_cause_ends_the_links_that_it_must() {
    for (cause, stays) in CAUSES {
        on_each_engine(async |house: &House| {
            let ana = house.person("ana", Role::Staff).await;
            run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
            let mut tokens = Vec::new();
            for purpose in LinkPurpose::ALL {
                let token = house.link(purpose, &ana, "ana@example.org").await;
                let read = house.accounts.read_link(purpose, &token).await;
                assert!(read.is_ok_and(|target| target.user.id == ana.id), "{cause:?}, {purpose:?}: before");
                tokens.push(token);
            }
            bring_about(house, cause, &ana).await;
            for ((purpose, token), stays) in LinkPurpose::ALL.into_iter().zip(&tokens).zip(stays) {
                let read = house.accounts.read_link(purpose, token).await;
                if stays {
                    assert!(read.is_ok(), "{cause:?}, {purpose:?}: {read:?}");
                } else {
                    assert!(matches!(read, Err(AccountsError::BadLink)), "{cause:?}, {purpose:?}: {read:?}");
                }
                // A link opens only what it is for.
                let other = LinkPurpose::ALL.into_iter().find(|other| *other != purpose).expect("another purpose");
                let read = house.accounts.read_link(other, token).await;
                assert!(matches!(read, Err(AccountsError::BadLink)), "{cause:?}, {purpose:?}: {read:?}");
            }
        })
        .await;
    }
}

#[rocket::async_test]
async fn a_link_works_for_one_of_many_concurrent_requests() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let token = house.link(LinkPurpose::Reset, &ana, "ana@example.org").await;
        let acts = (0..8).map(|_| {
            let (accounts, token) = (house.accounts.clone(), token.clone());
            async move { accounts.reset_password(&client(), &token, &new_password(NEW_PASSWORD)).await }
        });
        let outcomes = run_concurrently(acts.collect()).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let late = |outcome: &&Result<i64, AccountsError>| matches!(outcome, Err(AccountsError::BadLink));
        assert_eq!(outcomes.iter().filter(late).count(), 7, "{outcomes:?}");
        let changed = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'password-changed'";
        assert_eq!(count(&house.store, changed).await, 1);
    })
    .await;
}

#[rocket::async_test]
async fn a_reset_changes_the_password_and_ends_every_login() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
        let login = house.log_in(&ana).await;
        let token = house.link(LinkPurpose::Reset, &ana, "ana@example.org").await;
        house.accounts.reset_password(&client(), &token, &new_password(NEW_PASSWORD)).await.expect("a new password");
        assert_eq!(house.verdict(&login).await, Err(EndReason::PasswordChanged));
        assert!(matches!(house.try_log_in(&ana, PASSWORD).await, Err(AccountsError::BadCredentials)));
        assert!(house.try_log_in(&ana, NEW_PASSWORD).await.is_ok());
        assert!(house.user(&ana).await.email_verified_at.is_some(), "whoever has the link reads the mail");
    })
    .await;
}

/// The clock was ahead when the link was issued, and was corrected. The next force logout must still end the link.
/// The letter to the attacker's address may still wait, and issues a new link when it is sent.
#[rocket::async_test]
async fn a_reset_forgets_an_email_that_somebody_else_asked_for() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let mallory = house.acting(&ana).await;
        let (old, theirs) = (password(PASSWORD), email("mallory@example.org"));
        house.accounts.change_email(&mallory, &old, &theirs).await.expect("it waits");
        let token = house.link(LinkPurpose::Reset, &ana, "ana@example.org").await;
        house.accounts.reset_password(&client(), &token, &new_password(NEW_PASSWORD)).await.expect("a new password");
        assert_eq!(house.user(&ana).await.pending_email, None);
        let node = Node::new("one".to_owned());
        while let Some(letter) = house.accounts.claim_letter(&node, None).await.expect("the database answers") {
            assert_ne!(letter.address, theirs.as_str());
        }
    })
    .await;
}

#[rocket::async_test]
async fn a_force_logout_ends_a_link_that_is_dated_ahead_of_the_clock() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.store.clock().shift(TimeDelta::hours(3));
        let token = house.accounts.create_reset_link(&operator(), &ana.target()).await.expect("a link");
        house.store.clock().shift(TimeDelta::hours(-3));
        assert!(house.accounts.read_link(LinkPurpose::Reset, &token).await.is_ok());
        house.force_out(&ana).await;
        let read = house.accounts.read_link(LinkPurpose::Reset, &token).await;
        assert!(matches!(read, Err(AccountsError::BadLink)), "{read:?}");
        let token = house.accounts.create_reset_link(&operator(), &ana.target()).await.expect("a link");
        assert!(house.accounts.read_link(LinkPurpose::Reset, &token).await.is_ok(), "a new link works");
    })
    .await;
}

#[rocket::async_test]
async fn a_new_email_counts_once_its_letter_is_confirmed() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let acting = house.acting(&ana).await;
        let new = email("other@example.org");
        house.accounts.change_email(&acting, &password(PASSWORD), &new).await.expect("it waits");
        let user = house.user(&ana).await;
        assert_eq!((user.email.as_str(), user.pending_email.as_deref()), ("ana@example.org", Some(new.as_str())));
        let token = house.link(LinkPurpose::Verify, &ana, new.as_str()).await;
        assert!(house.accounts.cancel_email_change(&acting).await.expect("an answer"));
        let read = house.accounts.read_link(LinkPurpose::Verify, &token).await;
        assert!(matches!(read, Err(AccountsError::BadLink)), "cancelled: {read:?}");

        house.accounts.change_email(&acting, &password(PASSWORD), &new).await.expect("it waits again");
        let read = house.accounts.read_link(LinkPurpose::Verify, &token).await;
        assert!(matches!(read, Err(AccountsError::BadLink)), "a cancelled link stays dead: {read:?}");
        let token = house.link(LinkPurpose::Verify, &ana, new.as_str()).await;
        // Somebody else registers with it in the meantime.
        let ben = house.accounts.register(&client(), &crate::house::registration_with("ben", new.as_str())).await;
        let ben = ben.expect("an answer").expect("a session").user_id;
        let refused = house.accounts.verify_email(&client(), &token).await;
        assert!(matches!(refused, Err(AccountsError::NameTaken(_))), "{refused:?}");
        run(&house.store, &format!("DELETE FROM curfew_login_names WHERE user_id = {ben}")).await;
        run(&house.store, &format!("DELETE FROM curfew_users WHERE id = {ben}")).await;
        assert_eq!(house.accounts.verify_email(&client(), &token).await.expect("it is free"), Verified::NewEmail);
        let user = house.user(&ana).await;
        assert_eq!((user.email.as_str(), user.pending_email.as_deref()), (new.as_str(), None));
        let again = house.accounts.verify_email(&client(), &token).await;
        assert!(matches!(again, Err(AccountsError::BadLink)), "{again:?}");
    })
    .await;
}

#[rocket::async_test]
async fn a_link_that_an_email_has_ended_stays_dead_when_the_email_comes_back() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let acting = house.acting(&ana).await;
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
        let reset = house.link(LinkPurpose::Reset, &ana, "ana@example.org").await;
        let verify = house.link(LinkPurpose::Verify, &ana, "ana@example.org").await;
        let first = email("first@example.org");
        house.accounts.change_email(&acting, &password(PASSWORD), &first).await.expect("it waits");
        let pending = house.link(LinkPurpose::Verify, &ana, first.as_str()).await;
        assert!(
            house.accounts.read_link(LinkPurpose::Verify, &verify).await.is_ok(),
            "the email is still the account's"
        );
        house.change_email(&acting, &ana, "other@example.org").await;
        house.change_email(&acting, &ana, "ana@example.org").await;
        house.accounts.change_email(&acting, &password(PASSWORD), &first).await.expect("it waits again");
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
        for (purpose, token) in
            [(LinkPurpose::Reset, reset), (LinkPurpose::Verify, verify), (LinkPurpose::Verify, pending)]
        {
            let read = house.accounts.read_link(purpose, &token).await;
            assert!(matches!(read, Err(AccountsError::BadLink)), "{purpose:?}: {read:?}");
        }
    })
    .await;
}

/// A change that a later one replaced, or that the user took back by typing the account's own email.
#[rocket::async_test]
async fn a_change_of_the_email_that_another_replaced_stays_cancelled() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let acting = house.acting(&ana).await;
        let change = async |to: &str| {
            house.accounts.change_email(&acting, &password(PASSWORD), &email(to)).await.expect("an answer");
        };
        for between in ["second@example.org", "ana@example.org"] {
            change("first@example.org").await;
            let token = house.link(LinkPurpose::Verify, &ana, "first@example.org").await;
            change("FIRST@example.org").await;
            assert!(house.accounts.read_link(LinkPurpose::Verify, &token).await.is_ok(), "asked for again");
            change(between).await;
            change("first@example.org").await;
            let read = house.accounts.read_link(LinkPurpose::Verify, &token).await;
            assert!(matches!(read, Err(AccountsError::BadLink)), "{between}: {read:?}");
        }
    })
    .await;
}
