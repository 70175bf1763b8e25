//! "This wasn't me": the owner takes the account back from an attacker who has a session, the password, and by now the
//! email.

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, LetterComes, Node},
    domain::{
        letters::link::{LinkPurpose, LinkToken},
        people::role::Role,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::users::NameClash,
};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, Person, client, email, new_password, on_each_engine, operator, password,
        registration_with,
    },
    raw::{run, texts},
};

/// The letters that wait, as "kind address".
async fn waiting(house: &House) -> Vec<String> {
    let sql = "SELECT kind || ' ' || address FROM curfew_letters WHERE due_at IS NOT NULL ORDER BY id";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

/// An attacker changes the email of an account. Returns the owner's link and the attacker's.
async fn change_email_as_attacker(house: &House, ana: &Person) -> (LinkToken, LinkToken) {
    let acting = house.acting(ana).await;
    house.change_email(&acting, ana, "mallory@example.org").await;
    let at = house.now().await;
    let owners_link = house.link_of(LinkPurpose::NotMe, ana, "ana@example.org", at).await;
    let attackers_link =
        house.link_of(LinkPurpose::NotMe, ana, "mallory@example.org", at + TimeDelta::seconds(1)).await;
    house.store.clock().shift(TimeDelta::seconds(2));
    (owners_link, attackers_link)
}

#[rocket::async_test]
async fn the_owner_takes_back_an_account_whose_email_was_changed() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners_link, attackers_link) = change_email_as_attacker(house, &ana).await;
        let attackers_login = house.log_in(&ana).await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        let acting = ana.acting_from(&attackers_login);
        // This letter to the attacker waits. Its link is issued only when it is sent.
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        let changed = house.accounts.change_password(&acting, &old, &new, false).await;
        let (attackers_login, _) = changed.expect("a new password");
        assert_eq!(waiting(house).await, ["password-changed mallory@example.org"]);

        let back = house.accounts.take_account_back(&client(), &owners_link).await.expect("the owner takes it back");
        assert_eq!(back.letter, LetterComes::Now);
        assert_eq!(house.user(&ana).await.email, "ana@example.org");
        assert_eq!(house.verdict(&attackers_login).await, Err(EndReason::NotMe));
        for tried in [PASSWORD, NEW_PASSWORD, "none"] {
            let refused = house.try_log_in(&ana, tried).await;
            assert!(matches!(refused, Err(AccountsError::BadCredentials)), "{tried}: {refused:?}");
        }
        assert_eq!(waiting(house).await, ["reset-password ana@example.org"]);
        let refused = house.accounts.take_account_back(&client(), &attackers_link).await;
        assert!(matches!(refused, Err(AccountsError::BadLink)), "the attacker's letters are worthless: {refused:?}");
        let spent = house.accounts.take_account_back(&client(), &owners_link).await;
        assert!(matches!(spent, Err(AccountsError::BadLink)), "{spent:?}");
        let token = house.link(LinkPurpose::Reset, &ana, "ana@example.org").await;
        house.accounts.reset_password(&client(), &token, &new_password(PASSWORD)).await.expect("a new password");
        assert!(house.try_log_in(&ana, PASSWORD).await.is_ok());
    })
    .await;
}

#[rocket::async_test]
async fn domains_that_a_login_takes_for_the_same_are_told_apart() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let acting = house.acting(&ana).await;
        house.change_email(&acting, &ana, "ana@strasse.example").await;
        let owners_link = house.link(LinkPurpose::NotMe, &ana, "ana@strasse.example").await;
        house.store.clock().shift(TimeDelta::seconds(1));
        house.change_email(&acting, &ana, "ana@straße.example").await;
        assert_eq!(house.user(&ana).await.email, "ana@straße.example");
        run(&house.store, "DELETE FROM curfew_letters").await;
        let (old, new) = (password(PASSWORD), new_password(NEW_PASSWORD));
        house.accounts.change_password(&acting, &old, &new, false).await.expect("a new password");
        assert_eq!(waiting(house).await, ["password-changed ana@straße.example"]);
        house.accounts.take_account_back(&client(), &owners_link).await.expect("the owner takes it back");
        assert_eq!(house.user(&ana).await.email, "ana@strasse.example");
        assert_eq!(waiting(house).await, ["reset-password ana@strasse.example"]);
    })
    .await;
}

#[rocket::async_test]
async fn a_link_sent_to_a_domain_that_looks_the_same_does_not_verify_the_email() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let acting = house.acting(&ana).await;
        house.change_email(&acting, &ana, "ana@strasse.example").await;
        run(&house.store, "UPDATE curfew_users SET email_verified_at = NULL").await;
        let others = house.link(LinkPurpose::Verify, &ana, "ana@straße.example").await;
        let refused = house.accounts.verify_email(&client(), &others).await;
        assert!(matches!(refused, Err(AccountsError::BadLink)), "{refused:?}");
    })
    .await;
}

#[rocket::async_test]
async fn the_owners_link_works_after_the_attacker_has_used_another() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners_link, attackers_link) = change_email_as_attacker(house, &ana).await;
        house.accounts.take_account_back(&client(), &attackers_link).await.expect("the attacker is first");
        assert_eq!(house.user(&ana).await.email, "mallory@example.org");
        house.accounts.take_account_back(&client(), &owners_link).await.expect("the owner's link still works");
        assert_eq!(house.user(&ana).await.email, "ana@example.org");
    })
    .await;
}

/// Whether a new account can have the name and the address.
async fn can_register(house: &House, name: &str, address: &str) -> bool {
    match house.accounts.register(&client(), &registration_with(name, address)).await {
        Ok(_) => true,
        Err(AccountsError::NameTaken(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[rocket::async_test]
async fn an_address_that_can_be_taken_back_stays_reserved() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let acting = house.acting(&ana).await;
        house.change_email(&acting, &ana, "mallory@example.org").await;
        let refused_to_everyone = async |when: &str| {
            assert!(!can_register(house, "squatter", "ANA@example.org").await, "{when}: as an email");
            assert!(!can_register(house, "ana@example.org", "squatter@example.org").await, "{when}: as a username");
            let registration = registration_with("squatter", "ana@example.org");
            let made = house.accounts.create_user(&operator(), &registration, Role::Member).await;
            assert!(matches!(made, Err(AccountsError::NameTaken(NameClash::Email))), "{when}: {made:?}");
            let (acting, to) = (house.acting(&ben).await, email("ana@example.org"));
            let changed = house.accounts.change_email(&acting, &password(PASSWORD), &to).await;
            assert!(matches!(changed, Err(AccountsError::NameTaken(NameClash::Email))), "{when}: {changed:?}");
        };
        refused_to_everyone("while the letter waits").await;
        let owners_link = house.link(LinkPurpose::NotMe, &ana, "ana@example.org").await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        refused_to_everyone("while the link works").await;
        // An email that was waiting before does not overtake the owner either.
        run(&house.store, &format!("UPDATE curfew_users SET pending_email = 'ana@example.org' WHERE id = {}", ben.id))
            .await;
        let token = house.link(LinkPurpose::Verify, &ben, "ana@example.org").await;
        let verified = house.accounts.verify_email(&client(), &token).await;
        assert!(matches!(verified, Err(AccountsError::NameTaken(NameClash::Email))), "{verified:?}");

        let back = house.accounts.take_account_back(&client(), &owners_link).await.expect("the owner takes it back");
        assert_eq!(back.letter, LetterComes::Now);
        assert_eq!(house.user(&ana).await.email, "ana@example.org");
        assert!(can_register(house, "mallory", "mallory@example.org").await, "the other address is free at once");
    })
    .await;
}

#[rocket::async_test]
async fn an_address_is_free_a_week_after_its_last_letter_and_always_to_its_own_account() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners_link, _) = change_email_as_attacker(house, &ana).await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        house.change_email(&house.acting(&ana).await, &ana, "ana@example.org").await;
        house.change_email(&house.acting(&ana).await, &ana, "another@example.org").await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        house.store.clock().shift(TimeDelta::days(7) - TimeDelta::minutes(1));
        assert!(!can_register(house, "heir", "ana@example.org").await);
        house.store.clock().shift(TimeDelta::minutes(2));
        let read = house.accounts.read_link(LinkPurpose::NotMe, &owners_link).await;
        assert!(matches!(read, Err(AccountsError::BadLink)), "{read:?}");
        assert!(can_register(house, "heir", "ana@example.org").await);
    })
    .await;
}

/// The other account had the address before it was reserved, or was inserted with SQL.
#[rocket::async_test]
async fn only_staff_can_help_if_the_address_cannot_be_restored() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners_link, attackers_link) = change_email_as_attacker(house, &ana).await;
        let ben = house.member("ben").await;
        let squat = format!("UPDATE curfew_users SET email = 'ana@example.org' WHERE id = {}", ben.id);
        run(&house.store, &squat).await;
        let name = format!("INSERT INTO curfew_login_names (name_key, user_id) VALUES ('ana@example.org', {})", ben.id);
        run(&house.store, &name).await;
        let login = house.log_in(&ana).await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        let back =
            house.accounts.take_account_back(&client(), &owners_link).await.expect("the logins end all the same");
        assert_eq!(back.letter, LetterComes::Never);
        assert_eq!(house.verdict(&login).await, Err(EndReason::NotMe));
        assert_eq!(house.user(&ana).await.email, "mallory@example.org");
        assert_eq!(waiting(house).await, [""; 0]);
        let event = "SELECT detail FROM curfew_events WHERE kind = 'not-me'";
        let told = texts(&house.store, event).await.into_iter().flatten().collect::<String>();
        assert!(told.contains("could not be restored"), "{told}");

        // Nothing that the attacker or staff ask for reaches the attacker's mailbox.
        let refused = house.accounts.take_account_back(&client(), &attackers_link).await;
        assert!(matches!(refused, Err(AccountsError::BadLink)), "{refused:?}");
        let accounts = &house.accounts;
        accounts.request_reset(&client(), &email("mallory@example.org")).await.expect("the same answer");
        accounts.request_verification(&client(), &email("mallory@example.org")).await.expect("the same answer");
        let refused = accounts.send_reset_link(&operator(), &ana.target()).await;
        assert!(matches!(refused, Err(AccountsError::EmailDistrusted)), "{refused:?}");
        assert!(nothing_can_be_claimed(house).await, "no reset by mail");

        // Staff make sure who the owner is, and give that person a link.
        let token = accounts.create_reset_link(&operator(), &ana.target()).await.expect("a link");
        accounts.reset_password(&client(), &token, &new_password(NEW_PASSWORD)).await.expect("a new password");
        assert!(
            nothing_can_be_claimed(house).await,
            "the letter about it has a link, so the attacker's address does not get it"
        );
        let acting = ana.acting_from(&house.try_log_in(&ana, NEW_PASSWORD).await.expect("a login"));
        let new = email("ana@another.example");
        accounts.change_email(&acting, &password(NEW_PASSWORD), &new).await.expect("a new email");
        let token = house.link(LinkPurpose::Verify, &ana, new.as_str()).await;
        accounts.verify_email(&client(), &token).await.expect("it counts");
        run(&house.store, "DELETE FROM curfew_letters WHERE kind = 'verify-email'").await;
        assert!(nothing_can_be_claimed(house).await, "the address that the attacker set gets no letter");
        accounts.request_reset(&client(), &new).await.expect("the same answer");
        assert!(!nothing_can_be_claimed(house).await, "from now on, letters arrive again");
    })
    .await;
}

/// Whether no letter is sent.
async fn nothing_can_be_claimed(house: &House) -> bool {
    let node = Node::new("one".to_owned());
    house.accounts.claim_letter(&node, None).await.expect("the database answers").is_none()
}

/// The mail server puts off the owner's letter and accepts the attacker's.
#[rocket::async_test]
async fn an_attacker_cannot_end_the_owners_letter_that_still_waits() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let acting = house.acting(&ana).await;
        house.change_email(&acting, &ana, "mallory@example.org").await;
        house.store.clock().shift(TimeDelta::seconds(1));
        let attackers_link = house.link(LinkPurpose::NotMe, &ana, "mallory@example.org").await;
        house.accounts.take_account_back(&client(), &attackers_link).await.expect("the attacker is first");
        let expected = ["email-changed ana@example.org", "reset-password mallory@example.org"];
        assert_eq!(waiting(house).await.into_iter().filter(|w| !w.starts_with("verify")).collect::<Vec<_>>(), expected);
    })
    .await;
}

#[rocket::async_test]
async fn the_letter_to_a_deactivated_account_comes_once_it_is_active_again() {
    on_each_engine(async |house: &House| {
        for (name, until) in [("ana", None), ("ben", Some(TimeDelta::hours(1)))] {
            let person = house.member(name).await;
            let address = format!("{name}@example.org");
            let token = house.link(LinkPurpose::NotMe, &person, &address).await;
            let until = match until {
                Some(after) => Some(house.now().await + after),
                None => None,
            };
            let (accounts, root, target) = (&house.accounts, operator(), person.target());
            accounts.deactivate(&root, &target, until, &Reasons::default()).await.expect("a deactivation");
            let back = accounts.take_account_back(&client(), &token).await.expect("the owner takes it back");
            assert_eq!(back.letter, LetterComes::OnceActive);
            assert_eq!(waiting(house).await, [""; 0]);
            if until.is_some() {
                house.store.clock().shift(TimeDelta::minutes(61));
                accounts.apply_all_due().await.expect("the deactivation is over");
            } else {
                assert!(accounts.activate(&root, &target, &Reasons::default()).await.expect("it was inactive"));
            }
            assert_eq!(waiting(house).await, [format!("reset-password {address}")]);
            let node = Node::new("one".to_owned());
            let letter = accounts.claim_letter(&node, None).await.expect("an answer").expect("a letter");
            let reset = accounts.reset_password(&client(), &letter.link.1, &new_password(NEW_PASSWORD)).await;
            reset.expect("a new password");
            run(&house.store, "DELETE FROM curfew_letters").await;

            // An account with a password gets none.
            accounts.deactivate(&root, &target, None, &Reasons::default()).await.expect("a deactivation");
            accounts.activate(&root, &target, &Reasons::default()).await.expect("it was inactive");
            assert_eq!(waiting(house).await, [""; 0]);
        }
    })
    .await;
}
