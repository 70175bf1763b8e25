//! Passwords that change during verification, and hashes made by Django.

use std::sync::Arc;

use curfew::{
    accounts::{Accounts, AccountsError, ForceLogoutMoment},
    domain::{people::role::Role, reason::EndReason},
    settings::{SecretKeys, SecretMaterial},
    store::{logins::Ending, users},
};
use rocket::tokio::{self, sync::Barrier, task::JoinSet};

use crate::{
    house::{
        House, NEW_PASSWORD, PASSWORD, client, credentials, new_password, on_each_engine, operator, password, reasons,
        registration,
    },
    raw::{count, dump, run, texts},
};

/// [`PASSWORD`] hashed by Django 5.2's `BCryptSHA256PasswordHasher`, at its own cost and at a lower one.
const DJANGO_HASHES: [&str; 2] = [
    "bcrypt_sha256$$2b$12$9GxaT88.SNNSl.ykR93W.uuXb2dpVMojfHfKPV.j7RGQNXsHlnTGu",
    "bcrypt_sha256$$2b$05$P5lNSKVc.9FuOp9Gome.EOVaoET7dihWqP2lY0ixocpRY4kQIK03i",
];
/// A password longer than bcrypt reads, and its hash by Django.
const LONG: &str = "Größe-heron-42-lantern";
const LONG_DJANGO_HASH: &str = "bcrypt_sha256$$2b$04$Y1sw68q1kJysW4wlGrtMEu1thlLiEG.DEA14V98zGmqpNcQo1/gPC";

#[rocket::async_test]
async fn a_django_hash_is_accepted_and_rehashed_at_the_current_cost() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for hash in DJANGO_HASHES {
            run(&house.store, &format!("UPDATE curfew_users SET password_hash = '{hash}'")).await;
            let wrong = house.try_log_in(&ana, NEW_PASSWORD).await;
            assert!(matches!(wrong, Err(AccountsError::BadCredentials)), "{wrong:?}");
            assert_eq!(house.user(&ana).await.password_hash, hash, "a wrong password changes nothing");
            let login = house.log_in(&ana).await;
            assert_eq!(house.verdict(&login).await, Ok(()));
            let renewed = house.user(&ana).await.password_hash;
            assert!(renewed.starts_with("bcrypt_hmac_sha256$") && renewed.contains("$$2b$04$"), "{renewed}");
            house.log_in(&ana).await;
            assert_eq!(house.user(&ana).await.password_hash, renewed, "rehashed only once");
        }
        run(&house.store, &format!("UPDATE curfew_users SET password_hash = '{LONG_DJANGO_HASH}'")).await;
        house.try_log_in(&ana, &LONG.repeat(5)).await.expect("every byte counts, as in Django");
        assert!(house.try_log_in(&ana, &LONG.repeat(4)).await.is_err());
    })
    .await;
}

#[rocket::async_test]
async fn an_unknown_hash_format_is_a_wrong_password_and_the_event_names_it() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        for (hash, format) in [("pbkdf2_sha256$1$salt$hash", "pbkdf2_sha256"), ("!", "!")] {
            run(&house.store, "DELETE FROM curfew_events").await;
            run(&house.store, &format!("UPDATE curfew_users SET password_hash = '{hash}'")).await;
            let refused = house.try_log_in(&ana, PASSWORD).await;
            assert!(matches!(refused, Err(AccountsError::BadCredentials)), "{refused:?}");
            let recorded = texts(&house.store, "SELECT kind || ': ' || detail FROM curfew_events").await;
            let said = format!("login-failed: the stored password hash has the unknown format {format}");
            assert_eq!(recorded, [Some(said)]);
        }
    })
    .await;
}

#[rocket::async_test]
async fn a_hash_under_a_previous_key_is_accepted_and_replaced() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let new = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
        let both = SecretKeys { previous: vec![house.keys.current.clone()], ..new.clone() };
        let [rotated, after] = [&both, &new].map(|keys| house.accounts.clone().hashing_with(keys));
        let log_in = async |accounts: &Accounts| accounts.log_in(&client(), &credentials("ana", PASSWORD)).await;
        let is_refused = |login| matches!(login, Err(AccountsError::BadCredentials));
        let before = house.user(&ana).await.password_hash;
        run(&house.store, "DELETE FROM curfew_events").await;
        assert!(is_refused(log_in(&after).await), "the key of the hash is not in the settings");
        let recorded = texts(&house.store, "SELECT kind || ': ' || detail FROM curfew_events").await;
        let said = "login-failed: the stored password hash was made with a secret key that is not in the settings";
        assert_eq!(recorded, [Some(said.to_owned())]);
        assert_eq!(house.user(&ana).await.password_hash, before);

        log_in(&rotated).await.expect("a login under the previous key");
        let renewed = house.user(&ana).await.password_hash;
        assert_ne!(renewed, before);
        log_in(&after).await.expect("a login under the new key");
        assert_eq!(house.user(&ana).await.password_hash, renewed, "rehashed only once");
        assert!(is_refused(log_in(&house.accounts).await), "the old key is worth nothing any more");
    })
    .await;
}

#[rocket::async_test]
async fn no_password_is_set_without_a_key() {
    on_each_engine(async |house: &House| {
        let keyless = Accounts::new(house.store.clone(), Arc::new(house.accounts.settings().clone()));
        let refused = keyless.create_user(&operator(), &registration("ana"), Role::Member).await;
        assert!(matches!(refused, Err(AccountsError::Hashing(_))), "{refused:?}");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users").await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn an_unnormalized_password_hash_is_accepted_and_rehashed() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let decomposed = "gentle-he\u{301}ron-42-lantern";
        let older = bcrypt_sha256(decomposed);
        run(&house.store, &format!("UPDATE curfew_users SET password_hash = '{older}'")).await;
        house
            .try_log_in(&ana, "gentle-h\u{e9}ron-42-lantern")
            .await
            .expect("the composed form, as typed on another system");
        let renewed = house.user(&ana).await.password_hash;
        assert_ne!(renewed, older);
        house.try_log_in(&ana, decomposed).await.expect("the decomposed form, as typed before");
        assert_eq!(house.user(&ana).await.password_hash, renewed, "rehashed only once");
    })
    .await;
}

/// The hash of an earlier version, without normalization.
fn bcrypt_sha256(typed: &str) -> String {
    use sha2::Digest as _;
    let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(typed.as_bytes()));
    format!("bcrypt_sha256${}", bcrypt::hash(digest, 4).expect("a hash"))
}

#[rocket::async_test]
async fn concurrent_logins_with_a_django_hash_all_succeed() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let hash = DJANGO_HASHES[1];
        run(&house.store, &format!("UPDATE curfew_users SET password_hash = '{hash}'")).await;
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let (accounts, name) = (house.accounts.clone(), ana.name.clone());
            tasks.spawn(async move { accounts.log_in(&client(), &credentials(&name, PASSWORD)).await });
        }
        for login in tasks.join_all().await {
            assert_eq!(house.verdict(&login.expect("a login")).await, Ok(()));
        }
    })
    .await;
}

#[rocket::async_test]
async fn a_login_with_the_old_password_ends_with_its_change() {
    on_each_engine(async |house: &House| {
        for round in 0..30 {
            let ana = house.member(&format!("ana{round}")).await;
            let own = house.log_in(&ana).await;
            let start = Arc::new(Barrier::new(5));
            let mut logins = JoinSet::new();
            for _ in 0..4 {
                let (accounts, start, name) = (house.accounts.clone(), Arc::clone(&start), ana.name.clone());
                logins.spawn(async move {
                    start.wait().await;
                    accounts.log_in(&client(), &credentials(&name, PASSWORD)).await
                });
            }
            start.wait().await;
            let (actor, new) = (ana.acting_from(&own), new_password(NEW_PASSWORD));
            let goes_on = house
                .accounts
                .change_password(&actor, &password(PASSWORD), &new, false)
                .await
                .map(|(started, _)| started);
            let goes_on = goes_on.expect("a change");
            for login in logins.join_all().await {
                match login {
                    Ok(login) => assert_eq!(house.verdict(&login).await, Err(EndReason::PasswordChanged)),
                    Err(error) => assert!(matches!(error, AccountsError::BadCredentials), "{error:?}"),
                }
            }
            assert_eq!(
                house.verdict(&own).await,
                Err(EndReason::PasswordChanged),
                "the session continues with a new id"
            );
            assert_eq!(house.verdict(&goes_on).await, Ok(()));
            house.try_log_in(&ana, NEW_PASSWORD).await.expect("a login with the new password");
        }
    })
    .await;
}

#[rocket::async_test]
async fn a_password_change_whose_session_was_forced_out_stores_nothing() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let own = house.log_in(&ana).await;
        house.force_out(&ana).await;
        let before = dump(&house.store).await;
        let (actor, new) = (ana.acting_from(&own), new_password(NEW_PASSWORD));
        let refused = house.accounts.change_password(&actor, &password(PASSWORD), &new, false).await;
        assert!(matches!(refused, Err(AccountsError::Ended { reason: EndReason::ForcedOut, .. })), "{refused:?}");
        let email = crate::house::email("other@example.org");
        let refused = house.accounts.change_email(&actor, &password(PASSWORD), &email).await;
        assert!(matches!(refused, Err(AccountsError::Ended { reason: EndReason::ForcedOut, .. })), "{refused:?}");
        assert_eq!(dump(&house.store).await, before);
    })
    .await;
}

/// The force logout holds the account's row until the password is verified and hashed, or is already committed when the
/// change runs. Either way the change comes too late.
#[rocket::async_test]
async fn a_password_change_that_waits_for_a_force_logout_finds_its_session_ended() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let own = house.log_in(&ana).await;
        let mut forcing = house.store.begin().await.expect("a transaction");
        users::lock_user(&mut forcing, ana.id).await.expect("the account's row");
        let (accounts, actor) = (house.accounts.clone(), ana.acting_from(&own));
        let changing = tokio::spawn(async move {
            accounts.change_password(&actor, &password(PASSWORD), &new_password(NEW_PASSWORD), false).await
        });
        let (date, why) = (own.login_date, reasons());
        let ending = Ending { at: date, by: "root", reason: EndReason::ForcedOut, reasons: &why };
        users::set_force_logout_date(&mut forcing, ana.id, date, EndReason::ForcedOut, &why).await.expect("a date");
        curfew::store::logins::end_login(&mut forcing, &own.id, ending).await.expect("an end");
        forcing.commit().await.expect("a force logout");
        let refused = changing.await.expect("the task ends");
        assert!(matches!(refused, Err(AccountsError::Ended { reason: EndReason::ForcedOut, .. })), "{refused:?}");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE kind = 'password-changed'").await, 0);
        house.log_in(&ana).await;
    })
    .await;
}

#[rocket::async_test]
async fn a_concurrent_password_change_and_force_logout_leave_no_old_login() {
    on_each_engine(async |house: &House| {
        for round in 0..30 {
            let ana = house.member(&format!("ana{round}")).await;
            let own = house.log_in(&ana).await;
            let (actor, new) = (ana.acting_from(&own), new_password(NEW_PASSWORD));
            let (old, root, target, why) = (password(PASSWORD), operator(), ana.target(), reasons());
            let (changed, forced) = tokio::join!(
                house.accounts.change_password(&actor, &old, &new, false),
                house.accounts.force_logout(&root, &target, ForceLogoutMoment::Now, &why),
            );
            forced.expect("a force logout");
            assert!(house.verdict(&own).await.is_err(), "round {round}");
            let hash_holds = house.try_log_in(&ana, NEW_PASSWORD).await.is_ok();
            match changed {
                Ok(_) => assert!(hash_holds, "round {round}"),
                Err(AccountsError::Ended { reason: EndReason::ForcedOut, .. }) => assert!(!hash_holds, "round {round}"),
                Err(other) => panic!("round {round}: {other:?}"),
            }
        }
    })
    .await;
}
