//! Which account has which name: one key belongs to one account.

use curfew::{
    domain::{
        moment::Moment,
        people::{login_name::LoginName, role::Role},
    },
    store::{
        StoreError,
        users::{self, NameClash, NewUser},
    },
};

use crate::{
    house::{House, email, on_each_engine, registration_with, username},
    raw::{count, dump_without_events, run},
};

fn login_name(text: &str) -> LoginName {
    LoginName::parse(text).expect("a name")
}

/// Creates an account through the store only.
async fn insert(house: &House, name: &str, address: &str) -> Result<i64, StoreError> {
    let mut tx = house.store.begin().await.expect("a transaction");
    let (username, email) = (username(name), email(address));
    let date_joined = house.store.clock().now(&mut tx).await.expect("the time");
    let (password_hash, role) = ("", Role::Member);
    let new = NewUser { username: &username, email: &email, password_hash, role, date_joined, is_verified: true };
    let made = users::insert_user(&mut tx, &new).await;
    // Commits after a refusal too, which must leave nothing behind.
    tx.commit().await.expect("a commit");
    made
}

#[rocket::async_test]
async fn every_spelling_of_a_name_finds_one_account() {
    on_each_engine(async |house: &House| {
        let id = insert(house, "Åsa", "Asa@Example.org").await.expect("an account");
        insert(house, "eve@example.org", "eve@other.org").await.expect("an account");
        let before = dump_without_events(&house.store).await;
        for (name, address) in [
            ("åsa", "new@example.org"),
            ("A\u{30a}SA", "new@example.org"),
            ("new", "aSA@example.ORG"),
            ("asa@example.org", "new@example.org"),
            ("new", "EVE@example.org"),
            ("eve@other.org", "asa@example.org"),
        ] {
            let refused = insert(house, name, address).await;
            assert!(matches!(refused, Err(StoreError::Taken)), "{name} {address}: {refused:?}");
            assert_eq!(dump_without_events(&house.store).await, before, "{name} {address}");
        }
        let mut on = house.store.read().await.expect("a connection");
        for key in ["åsa", "asa@example.org"] {
            let found = users::find_user_by_name(&mut on, &login_name(key)).await.expect("an answer");
            assert_eq!(found.map(|user| user.id), Some(id), "{key}");
        }
        assert!(users::find_user_by_name(&mut on, &login_name("nobody")).await.expect("an answer").is_none());
    })
    .await;
}

#[rocket::async_test]
async fn a_look_alike_of_a_username_is_taken_until_its_owner_is_deleted() {
    on_each_engine(async |house: &House| {
        let id = insert(house, "Ian", "ian@example.org").await.expect("an account");
        let before = dump_without_events(&house.store).await;
        for name in ["\u{456}an", "I\u{430}n", "lan", "1an"] {
            let refused = insert(house, name, "new@example.org").await;
            assert!(matches!(refused, Err(StoreError::Taken)), "{name}: {refused:?}");
            assert_eq!(dump_without_events(&house.store).await, before, "{name}");
            let now = house.now().await;
            let mut on = house.store.read().await.expect("a connection");
            let clash = users::find_name_clash(&mut on, None, Some(&username(name)), None, now).await;
            assert_eq!(clash.expect("an answer"), Some(NameClash::LookAlike), "{name}");
            let own = users::find_name_clash(&mut on, Some(id), Some(&username(name)), None, now).await;
            assert_eq!(own.expect("an answer"), None, "{name}");
        }
        let mut tx = house.store.begin().await.expect("a transaction");
        users::delete_user(&mut tx, id).await.expect("a deletion");
        tx.commit().await.expect("a commit");
        insert(house, "I\u{430}n", "new@example.org").await.expect("the freed look");
    })
    .await;
}

#[rocket::async_test]
async fn both_spellings_of_an_emails_domain_are_one_name() {
    on_each_engine(async |house: &House| {
        let (unicode, ascii) = ("idna@bücher.example", "idna@xn--bcher-kva.example");
        let typed = insert(house, "ana", unicode).await.expect("an account");
        let old = insert(house, "ben", "old@xn--bcher-kva.example").await.expect("an account");
        let now = house.now().await;
        let mut on = house.store.read().await.expect("a connection");
        for (name, owner) in
            [(unicode, typed), (ascii, typed), ("old@BÜCHER.example", old), ("OLD@xn--bcher-kva.example", old)]
        {
            let found = users::find_user_by_name(&mut on, &login_name(name)).await.expect("an answer");
            assert_eq!(found.map(|user| user.id), Some(owner), "{name}");
            let clash = users::find_name_clash(&mut on, None, None, Some(&email(name)), now).await;
            assert_eq!(clash.expect("an answer"), Some(NameClash::Email), "{name}");
        }
        let as_username = users::find_name_clash(&mut on, None, Some(&username(ascii)), None, now).await;
        assert_eq!(as_username.expect("an answer"), Some(NameClash::Username));
        drop(on);
        let refused = insert(house, "eve", ascii).await;
        assert!(matches!(refused, Err(StoreError::Taken)), "{refused:?}");
    })
    .await;
}

#[rocket::async_test]
async fn a_clash_names_the_field_and_never_involves_the_accounts_own_names() {
    on_each_engine(async |house: &House| {
        let ana = insert(house, "ana", "ana@example.org").await.expect("an account");
        insert(house, "ben@example.org", "ben@other.org").await.expect("an account");
        let now = house.now().await;
        let mut on = house.store.read().await.expect("a connection");
        for (own, name, address, expected) in [
            (None, Some("ANA"), Some("new@example.org"), Some(NameClash::Username)),
            (None, Some("ana@example.org"), None, Some(NameClash::Username)),
            (None, Some("new"), Some("ana@example.org"), Some(NameClash::Email)),
            (None, Some("new"), Some("Ben@example.org"), Some(NameClash::Email)),
            (None, Some("ana"), Some("ana@example.org"), Some(NameClash::Username)),
            (None, Some("new"), Some("new@example.org"), None),
            (Some(ana), Some("ana"), Some("Ana@example.org"), None),
            (Some(ana), None, Some("ben@other.org"), Some(NameClash::Email)),
            (Some(ana), None, None, None),
        ] {
            let (username, address) = (name.map(username), address.map(email));
            let clash = users::find_name_clash(&mut on, own, username.as_ref(), address.as_ref(), now).await;
            assert_eq!(clash.expect("an answer"), expected, "{name:?} {address:?}");
        }
    })
    .await;
}

#[rocket::async_test]
async fn changing_the_email_frees_the_old_one_and_takes_nobody_elses() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let user = house.user(&ana).await;
        for taken in ["BEN@example.org", "ben@example.org"] {
            let mut tx = house.store.begin().await.expect("a transaction");
            let refused = users::set_email(&mut tx, &user, &email(taken), Moment::UNIX_EPOCH).await;
            assert!(matches!(refused, Err(StoreError::Taken)), "{refused:?}");
        }
        let mut tx = house.store.begin().await.expect("a transaction");
        users::set_email(&mut tx, &user, &email("new@example.org"), Moment::UNIX_EPOCH).await.expect("another email");
        users::set_email(&mut tx, &house.user(&ben).await, &email("ana@example.org"), Moment::UNIX_EPOCH)
            .await
            .expect("the freed one");
        tx.commit().await.expect("a commit");
        let mut on = house.store.read().await.expect("a connection");
        for (key, owner) in [("new@example.org", &ana), ("ana", &ana), ("ana@example.org", &ben), ("ben", &ben)] {
            let found = users::find_user_by_name(&mut on, &login_name(key)).await.expect("an answer");
            assert_eq!(found.map(|user| user.id), Some(owner.id), "{key}");
        }
        assert!(users::find_user_by_name(&mut on, &login_name("ben@example.org")).await.expect("an answer").is_none());
    })
    .await;
}

#[rocket::async_test]
async fn a_username_equal_to_the_accounts_email_is_one_name() {
    on_each_engine(async |house: &House| {
        let registration = registration_with("Ana@example.org", "ana@example.org");
        let made = house.accounts.create_user(&crate::house::operator(), &registration, Role::Member).await;
        let id = made.expect("an account").id;
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_names").await, 1);
        let mut tx = house.store.begin().await.expect("a transaction");
        for address in ["new@example.org", "ANA@example.org"] {
            let user = users::find_user(&mut tx, id).await.expect("an answer").expect("the account");
            users::set_email(&mut tx, &user, &email(address), Moment::UNIX_EPOCH).await.expect("another email");
            let found = users::find_user_by_name(&mut tx, &login_name("ana@example.org")).await.expect("an answer");
            assert_eq!(found.map(|user| user.id), Some(id), "the username must still find the account");
        }
    })
    .await;
}

#[rocket::async_test]
async fn ids_are_never_reused_and_deleted_names_are_free() {
    on_each_engine(async |house: &House| {
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let id = insert(house, "ana", "ana@example.org").await.expect("an account");
            assert!(numbers.iter().all(|before| *before < id), "{id} after {numbers:?}");
            numbers.push(id);
            let mut tx = house.store.begin().await.expect("a transaction");
            users::delete_user(&mut tx, id).await.expect("a deletion");
            tx.commit().await.expect("a commit");
            assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_login_names").await, 0);
        }
        let id = insert(house, "ana", "ana@example.org").await.expect("an account");
        run(&house.store, "DELETE FROM curfew_users").await;
        assert_eq!(
            count(&house.store, "SELECT COUNT(*) FROM curfew_login_names").await,
            0,
            "also after a deletion by SQL"
        );
        assert!(insert(house, "ana", "ana@example.org").await.expect("an account") > id);
    })
    .await;
}

#[rocket::async_test]
async fn users_are_listed_by_name_in_pages() {
    on_each_engine(async |house: &House| {
        for name in ["Zoe", "ana", "Ben", "åsa", "_x"] {
            house.member(name).await;
        }
        let mut on = house.store.read().await.expect("a connection");
        let (mut listed, mut after) = (Vec::new(), String::new());
        loop {
            let page = users::list_users_after(&mut on, &after, 2).await.expect("a page");
            let Some(last) = page.last() else { break };
            after = username(&last.username).key();
            listed.extend(page.into_iter().map(|user| user.username));
        }
        assert_eq!(listed, ["_x", "ana", "Ben", "Zoe", "åsa"]);
        assert!(!users::has_superuser(&mut on).await.expect("an answer"));
    })
    .await;
}
