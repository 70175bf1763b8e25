//! "This wasn't me": an attacker who has a session, the password, and by now the email has lost the account.

use chrono::TimeDelta;
use curfew::{
    accounts::AccountsError,
    domain::{
        letters::link::{LinkPurpose, LinkToken},
        reason::EndReason,
    },
};

use crate::{
    house::{House, NEW_PASSWORD, PASSWORD, Person, client, new_password, on_each_engine},
    raw::{run, texts},
};

/// The letters that wait, as "kind address".
async fn waiting(house: &House) -> Vec<String> {
    let sql = "SELECT kind || ' ' || address FROM curfew_letters WHERE due_at IS NOT NULL ORDER BY id";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

/// An attacker changes the email of an account. Returns the owner's link and the attacker's.
async fn attacked(house: &House, ana: &Person) -> (LinkToken, LinkToken) {
    let acting = house.acting(ana).await;
    house.change_email(&acting, ana, "mallory@example.org").await;
    let at = house.now().await;
    let owners = house.link_of(LinkPurpose::NotMe, ana, "ana@example.org", at).await;
    let attackers = house.link_of(LinkPurpose::NotMe, ana, "mallory@example.org", at + TimeDelta::seconds(1)).await;
    house.store.clock().shift(TimeDelta::seconds(2));
    (owners, attackers)
}

#[rocket::async_test]
async fn the_owner_takes_back_an_account_whose_email_was_changed() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners, attackers) = attacked(house, &ana).await;
        let attackers_login = house.log_in(&ana).await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        let acting = ana.acting_from(&attackers_login);
        // A letter to the attacker that waits, whose link would be issued later.
        let (old, new) = (crate::house::password(PASSWORD), new_password(NEW_PASSWORD));
        let changed = house.accounts.change_password(&acting, &old, &new, false).await;
        let (attackers_login, _) = changed.expect("a new password");
        assert_eq!(waiting(house).await, ["password-changed mallory@example.org"]);

        let back = house.accounts.take_account_back(&client(), &owners).await.expect("the owner takes it back");
        assert!(back.has_address);
        assert_eq!(house.user(&ana).await.email, "ana@example.org");
        assert_eq!(house.verdict(&attackers_login).await, Err(EndReason::NotMe));
        for password in [PASSWORD, NEW_PASSWORD, "none"] {
            let refused = house.try_log_in(&ana, password).await;
            assert!(matches!(refused, Err(AccountsError::BadCredentials)), "{password}: {refused:?}");
        }
        assert_eq!(waiting(house).await, ["reset-password ana@example.org"]);
        let refused = house.accounts.take_account_back(&client(), &attackers).await;
        assert!(matches!(refused, Err(AccountsError::BadLink)), "the attacker's letters are worthless: {refused:?}");
        let spent = house.accounts.take_account_back(&client(), &owners).await;
        assert!(matches!(spent, Err(AccountsError::BadLink)), "{spent:?}");
        let token = house.link(LinkPurpose::Reset, &ana, "ana@example.org").await;
        house.accounts.reset_password(&client(), &token, &new_password(PASSWORD)).await.expect("a new password");
        assert!(house.try_log_in(&ana, PASSWORD).await.is_ok());
    })
    .await;
}

#[rocket::async_test]
async fn an_attacker_cannot_end_the_owners_link_with_their_own() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners, attackers) = attacked(house, &ana).await;
        house.accounts.take_account_back(&client(), &attackers).await.expect("the attacker is first");
        assert_eq!(house.user(&ana).await.email, "mallory@example.org");
        house.accounts.take_account_back(&client(), &owners).await.expect("the owner's link still works");
        assert_eq!(house.user(&ana).await.email, "ana@example.org");
    })
    .await;
}

#[rocket::async_test]
async fn an_address_that_another_account_has_by_now_is_not_restored() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (owners, _) = attacked(house, &ana).await;
        house
            .accounts
            .create_user(
                &crate::house::operator(),
                &crate::house::registration_with("ben", "ana@example.org"),
                curfew::domain::people::role::Role::Member,
            )
            .await
            .expect("an account");
        let login = house.log_in(&ana).await;
        run(&house.store, "DELETE FROM curfew_letters").await;
        let back = house.accounts.take_account_back(&client(), &owners).await.expect("the logins end all the same");
        assert!(!back.has_address);
        assert_eq!(house.verdict(&login).await, Err(EndReason::NotMe));
        assert_eq!(house.user(&ana).await.email, "mallory@example.org");
        assert_eq!(waiting(house).await, [""; 0], "no letter to an address that is not the account's");
    })
    .await;
}
