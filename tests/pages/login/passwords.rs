//! Which new passwords are accepted, and what a password change ends.

use curfew::domain::people::role::Role;
use sha2::Digest as _;

use crate::harness::{
    page::Page,
    person::{Person, form},
    site::{PASSWORD, Plan, Site},
    store::any_engine,
};

/// Those of the 3,000 most common passwords that are long enough to reach the check, most common first; from the list
/// in the `zxcvbn` crate.
const COMMON: &str = include_str!("common_passwords.txt");

#[rocket::async_test]
async fn the_three_thousand_most_common_passwords_are_refused() {
    let mut plan = Plan::default();
    plan.settings.throttle_login = "10000 per 1 h".parse().expect("a rate"); // a refused password counts as an attempt
    let site = plan.on(any_engine()[0]).await;
    let mut visitor = site.visitor();
    visitor.opens("/register").await.must_be(200);
    let mut taken = Vec::new();
    assert!(COMMON.lines().count() > 500);
    for password in COMMON.lines() {
        let fields =
            [("username", "zoe"), ("email", "zoe@example.org"), ("password", password), ("password_again", password)];
        let page = visitor.sends(rocket::http::Method::Post, "/register", &[], form(&visitor.token.clone(), &fields));
        if page.await.must_be(422).field_error("password").is_none() {
            taken.push(password);
        }
    }
    assert!(taken.is_empty(), "{} are accepted: {taken:?}", taken.len());
}

/// Easy to guess, but on no list. To find that out may take as long as a hash.
const EASY: &str = "zyzyzyzyzyzyzyzyzyzyzy7";

#[rocket::async_test]
async fn a_new_password_is_scored_only_after_the_attempt_was_counted() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.throttle_login = "1 per 15 minutes".parse().expect("a rate");
        let site = plan.on(engine).await;
        let mut visitor = site.visitor();
        for turn in 0..10 {
            let page = visitor.registers_as(&format!("zoe{turn}"), "zoe@example.org", EASY).await;
            assert!(page.must_be(422).field_error("password").is_some(), "{page:?}");
        }
        visitor.registers_as("zoe", "zoe@example.org", EASY).await.must_be(429);

        let mut stranger = site.visitor();
        let code = site.accounts().renew_setup_code().await.expect("an answer").expect("no superuser yet");
        let page = stranger.sets_up_with("not the code", EASY).await;
        assert!(page.must_be(422).field_error("setup_code").is_some(), "{page:?}");
        assert!(page.field_error("password").is_none(), "a stranger has it scored: {page:?}");
        let page = site.visitor().sets_up_with(&code, EASY).await;
        assert!(page.must_be(422).field_error("password").is_some(), "{page:?}");

        let mut person = site.signed_in(Role::Member).await;
        let right = std::mem::replace(&mut person.password, "not the password".to_owned());
        let page = person.changes_password(EASY).await;
        assert!(page.must_be(422).field_error("current_password").is_some(), "{page:?}");
        assert!(page.field_error("password").is_none(), "{page:?}");
        person.password = right;
        person.changes_password(EASY).await.must_be(429);
    }
}

#[rocket::async_test]
async fn a_password_must_not_be_the_username_or_the_email() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.site_name = "Riverside Rowing".to_owned();
        let site = plan.on(engine).await;
        let (name, email) = ("wintergreen", "larkspur.meadow@example.org");
        for password in [
            name,
            "WinterGreen",
            "wintergreen7",
            "42wintergreen",
            email,
            "larkspur.meadow",
            "Larkspur.Meadow1",
            "Riverside Rowing",
            "riverside rowing99",
        ] {
            let page = site.visitor().registers_as(name, email, password).await;
            assert!(page.must_be(422).field_error("password").is_some(), "{password}: {page:?}");
        }
        site.visitor().registers_as(name, email, "wintergreen and larkspur").await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_password_has_8_to_128_characters() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        // Different letters of three bytes: a repetition would be refused.
        let text = |length: u32| (0..length).filter_map(|n| char::from_u32(0xac00 + 31 * n)).collect::<String>();
        let (longest, longer) = (text(128), text(129));
        for (password, is_good) in [("kq7 zv1", false), ("kq7 zv1x", true), (&longest, true), (&longer, false)] {
            let mut person = site.visitor();
            let (name, email) = (person.name.clone(), person.email.clone());
            let page = person.registers_as(&name, &email, password).await;
            assert_eq!(page.status, if is_good { 303 } else { 422 }, "{password}: {page:?}");
            assert_eq!(page.field_error("password").is_none(), is_good, "{password}");
            if is_good {
                let mut browser = person.another_browser();
                password.clone_into(&mut browser.password);
                browser.logs_in().await.must_lead_to("/account");
                let last = password.char_indices().next_back().map_or(0, |(at, _)| at);
                browser.password = format!("{}?", &password[..last]);
                browser.jar = crate::harness::jar::Jar::default();
                browser.logs_in().await.must_be(422); // the last character must count
            }
        }
    }
}

#[rocket::async_test]
async fn a_password_change_keeps_this_browser_logged_in_and_ends_the_others() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.person(Role::Member).await;
        let mut other = person.another_browser();
        let page = person.logs_in_with(&[("remember", "on")]).await;
        let before = person.session_change(&page.clone());
        other.logs_in().await.must_be(303);

        let page = person.changes_password("a lamp at sea").await;
        page.must_lead_to("/account");
        let after = person.session_change(&page);
        assert_ne!(session_of(before.as_ref()), session_of(after.as_ref()));
        assert!(after.is_some_and(|cookie| cookie.has("max-age")), "the cookie must stay persistent");
        assert!(person.is_logged_in().await);

        let page = other.opens("/account").await;
        assert!(other.session_change(&page).is_some_and(|cookie| cookie.removes()));
        let page = other.opens(page.location()).await;
        assert_eq!(page.data_reason(), Some("password-changed"));

        let mut thief = site.visitor();
        thief.jar.set("curfew", session_of(before.as_ref()));
        assert!(!thief.is_logged_in().await, "a copy of this browser's old cookie must be worthless");
        let ended = "SELECT COUNT(*) FROM curfew_logins WHERE reason = 'password-changed' AND ended_at IS NOT NULL";
        assert_eq!(site.database.number(ended).await, 2, "both old sessions, each with its reason");
        let mut old = person.another_browser();
        old.logs_in_with(&[("password", PASSWORD)]).await.must_be(422);
        old.logs_in().await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_wrong_or_common_password_changes_nothing() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let dump = site.database.dump_without_events().await;
        let asks = async |person: &mut crate::harness::person::Person<'_>, current: &str, new: &str, again: &str| {
            let fields = [("current_password", current), ("password", new), ("password_again", again)];
            person.posts("/account/password", &fields).await
        };
        let has_error = |page: &Page, field: &str| page.must_be(422).field_error(field).is_some();
        assert!(has_error(
            &asks(&mut person, "not it at all", "a lamp at sea", "a lamp at sea").await,
            "current_password"
        ));
        assert!(has_error(&asks(&mut person, PASSWORD, "password1", "password1").await, "password"));
        assert!(has_error(&asks(&mut person, PASSWORD, "a lamp at sea", "a lamp at see").await, "password_again"));
        let name = person.name.clone();
        assert!(has_error(&asks(&mut person, PASSWORD, &name, &name).await, "password"));
        assert_eq!(site.database.dump_without_events().await, dump);
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'refused'";
        assert_eq!(site.database.number(recorded).await, 1, "the attempt must be recorded");
        assert!(person.is_logged_in().await);
    }
}

fn session_of(cookie: Option<&crate::harness::jar::SetCookie>) -> &str {
    &cookie.expect("a session cookie").value
}

const COMPOSED: &str = "caf\u{e9} by the sea";
const APART: &str = "cafe\u{301} by the sea";

#[rocket::async_test]
async fn composed_and_decomposed_accents_are_the_same_password() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for (name, registered, typed) in [("ana", COMPOSED, APART), ("ben", APART, COMPOSED)] {
            let mut person = site.visitor();
            person.registers_as(name, &format!("{name}@example.org"), registered).await.must_lead_to("/account");
            let mut elsewhere = Person { name: name.to_owned(), password: typed.to_owned(), ..site.visitor() };
            elsewhere.logs_in().await.must_lead_to("/account");
            elsewhere.changes_email(&format!("{name}.new@example.org")).await.must_be(303);
            let mut program = elsewhere.program();
            program.logs_in_for_jwt().await.must_be(200);
        }
        let fields =
            [("username", "zoe"), ("email", "zoe@example.org"), ("password", COMPOSED), ("password_again", APART)];
        site.visitor().posts("/register", &fields).await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn an_unnormalized_hash_is_accepted_and_rehashed() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = Person { password: APART.to_owned(), ..site.named("ana", Role::Member).await };
        let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(APART));
        let hash = format!("bcrypt_sha256${}", bcrypt::hash(digest, 4).expect("a hash"));
        site.database
            .execute(&format!("UPDATE curfew_users SET password_hash = '{hash}' WHERE id = {}", person.id))
            .await;
        let composed = Person { password: COMPOSED.to_owned(), ..person.clone() };
        person.another_browser().logs_in().await.must_lead_to("/account");
        composed.another_browser().logs_in().await.must_lead_to("/account");
    }
}
