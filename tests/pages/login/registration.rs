//! Creating accounts: by registration, and the first superuser's.

use chrono::TimeDelta;
use curfew::domain::people::role::Role;
use rocket::http::RawStr;

use crate::harness::{
    person::Person,
    site::{PASSWORD, Plan, Site},
    store::any_engine,
};

#[rocket::async_test]
async fn a_person_registers_and_is_logged_in() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.visitor();
        person.registers().await.must_lead_to("/account");
        let page = person.opens("/account").await;
        assert!(page.must_be(200).body.contains(&person.email), "{page:?}");
        person.opens("/admin").await.must_be(403);
        person.logs_out().await.must_lead_to("/");
        person.logs_in().await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_username_is_taken_in_every_case_and_normalization() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        site.named("Straße.Åsa", Role::Member).await;
        for name in ["straße.åsa", "STRASSE.ÅSA", "Straße.A\u{30a}sa", " Straße.Åsa ", "ｓtraße.åsa"] {
            let page = site.visitor().registers_as(name, "free@example.org", PASSWORD).await;
            assert_eq!(page.must_be(422).field_error("username"), Some("This username is taken."), "{name}");
        }
        site.named("ana", Role::Member).await;
        for email in ["ana@example.org", "ANA@example.org", "Ana@EXAMPLE.ORG"] {
            let page = site.visitor().registers_as("free", email, PASSWORD).await;
            assert!(page.must_be(422).field_error("email").is_some(), "{email}: {page:?}");
        }
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users").await, 2);
    }
}

#[rocket::async_test]
async fn look_alikes_and_reserved_names_cannot_register() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.reserved_names = vec!["harbour-master".to_owned()];
        let site = plan.on(engine).await;
        site.named("ana", Role::Member).await;
        site.named("Vera", Role::Staff).await;
        for (name, why) in [
            ("\u{430}na", "looks like"),
            ("an\u{430}", "looks like"),
            ("V\u{435}ra", "looks like"),
            ("VER\u{391}", "looks like"),
            ("admin", "reserved"),
            ("ro\u{43e}t", "reserved"),
            ("Supp0rt", "reserved"),
            ("curfew", "reserved"),
            ("Harbour_M\u{430}ster", "reserved"),
        ] {
            let page = site.visitor().registers_as(name, "free@example.org", PASSWORD).await;
            let error = page.must_be(422).field_error("username");
            assert!(error.is_some_and(|error| error.contains(why)), "{name}: {page:?}");
        }
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users").await, 2);
        site.visitor().registers_as("\u{432}\u{435}\u{440}\u{430}", "vera@example.net", PASSWORD).await.must_be(303);
        // The operator may, at the command line and at the setup.
        site.named("support", Role::Staff).await;
        let page = site.visitor().registers_as("suppo\u{433}t", "free@example.org", PASSWORD).await;
        assert!(page.must_be(422).field_error("username").is_some(), "{page:?}");
        let code = site.accounts().renew_setup_code().await.expect("an answer").expect("a code");
        let mut owner = Person { name: "admin".to_owned(), ..site.visitor() };
        owner.sets_up(&code).await.must_lead_to("/admin");
    }
}

#[rocket::async_test]
async fn a_username_cannot_be_another_accounts_email_or_vice_versa() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        site.named("ana", Role::Member).await;
        let page = site.visitor().registers_as("ANA@example.org", "ben@example.org", PASSWORD).await;
        assert!(page.must_be(422).field_error("username").is_some(), "{page:?}");

        let mut carl = site.visitor();
        carl.registers_as("carl@example.org", "other@example.org", PASSWORD).await.must_lead_to("/account");
        let page = site.visitor().registers_as("dora", "Carl@example.org", PASSWORD).await;
        assert!(page.must_be(422).field_error("email").is_some(), "{page:?}");
        let mut eve = site.signed_in(Role::Member).await;
        let page = eve.changes_email("carl@EXAMPLE.org").await;
        assert!(page.must_be(422).field_error("email").is_some(), "{page:?}");
        eve.changes_email("eve@example.org").await.must_lead_to("/account/profile");
    }
}

#[rocket::async_test]
async fn a_username_may_be_the_accounts_own_email() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.visitor();
        ana.registers_as("ana@example.org", "ana@example.org", PASSWORD).await.must_lead_to("/account");
        assert!(ana.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn changing_the_email_needs_the_password_and_frees_the_old_one_after_a_week() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.named("ana", Role::Member).await;
        ana.logs_in().await.must_be(303);
        ana.changes_email("new@example.org").await.must_lead_to("/account/profile");
        let letter = site.sends_letter().await;
        ana.posts(&letter.link(), &[]).await.must_lead_to("/login");
        let page = ana.opens("/account/profile").await;
        assert_eq!(page.value_in("email"), Some("new@example.org"));
        assert!(ana.is_logged_in().await, "changing the email ends no login");
        ana.changes_email("NEW@example.org").await.must_lead_to("/account/profile"); // the same email in another case
        let mut other = ana.another_browser();
        other.logs_in_with(&[("username", "ana@example.org")]).await.must_be(422);
        other.logs_in_with(&[("username", "new@example.org")]).await.must_lead_to("/account");
        let page = site.visitor().registers_as("ben", "ana@example.org", PASSWORD).await;
        assert!(page.must_be(422).field_error("email").is_some(), "its owner may take it back: {page:?}");
        let page = site.visitor().registers_as("ana@example.org", "ben@example.org", PASSWORD).await;
        assert!(page.must_be(422).field_error("username").is_some(), "nor is it a username: {page:?}");
        site.shift_clock(TimeDelta::days(7));
        site.visitor().registers_as("ben", "ana@example.org", PASSWORD).await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_closed_registration_accepts_nobody() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.registration = curfew::settings::RegistrationPolicy::Closed;
        let site = plan.on(engine).await;
        let mut visitor = site.visitor();
        visitor.opens("/register").await.must_be(403);
        let page = visitor.opens("/login").await;
        assert!(!page.body.contains("/register"), "the page must not link to it: {page:?}");
        let token = visitor.token.clone();
        let fields =
            [("username", "ana"), ("email", "ana@example.org"), ("password", PASSWORD), ("password_again", PASSWORD)];
        visitor.posts_with(&token, "/register", &fields).await.must_be(403);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users").await, 0);
    }
}

#[rocket::async_test]
async fn the_latest_setup_code_creates_the_first_superuser_once() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let renew = async || site.accounts().renew_setup_code().await.expect("an answer");
        let first = renew().await.expect("a code");
        let code = renew().await.expect("another code");
        let mut owner = site.visitor();
        owner.opens("/setup").await.must_be(200);
        assert!(owner.sets_up(&first).await.must_be(422).field_error("setup_code").is_some());
        let typed = format!(" {} ", code.to_uppercase());
        owner.sets_up(&typed).await.must_lead_to("/admin");
        owner.opens("/admin").await.must_be(200);
        assert_eq!(renew().await, None, "no code once there is a superuser");
        for mut person in [site.visitor(), owner] {
            person.opens("/setup").await.must_be(404);
            person.opens("/").await;
            person.opens(if person.session().is_some() { "/account" } else { "/login" }).await;
            let token = person.token.clone();
            person.posts_with(&token, "/setup", &[("setup_code", &code)]).await.must_be(404);
        }
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users").await, 1);
    }
}

#[rocket::async_test]
async fn both_spellings_of_a_domain_are_the_same_email() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        for (turn, registered, other) in [
            (1, "idna@bücher.example", "idna@xn--bcher-kva.example"),
            (2, "idna@xn--mller-kva.example", "idna@müller.example"),
        ] {
            let name = format!("ana{turn}");
            let mut ana = site.visitor();
            ana.registers_as(&name, registered, PASSWORD).await.must_lead_to("/account");
            assert!(
                ana.opens("/account/profile").await.body.contains(registered),
                "the email is shown as it was typed"
            );
            for spelling in [registered, other] {
                let mut again = Person { name: spelling.to_owned(), ..site.visitor() };
                again.logs_in().await.must_lead_to("/account");
                let page = site.visitor().registers_as(&format!("eve{turn}"), spelling, PASSWORD).await;
                assert!(page.must_be(422).field_error("email").is_some(), "{spelling}: {page:?}");
            }
            for part in
                [registered, other, registered.split('@').next_back().unwrap_or_default(), "idna@xn--", "ller-kva"]
            {
                let part = if turn == 1 { part.replace("ller", "cher") } else { part.to_owned() };
                let found = owner.opens(&format!("/admin/users?q={}", RawStr::new(&part).percent_encode())).await;
                assert!(found.must_be(200).body.contains(registered), "{part}: {found:?}");
            }
            ana.changes_email(other).await.must_be(303);
            assert!(ana.opens("/account/profile").await.body.contains(other));
            Person { name: registered.to_owned(), ..site.visitor() }.logs_in().await.must_lead_to("/account");
        }
    }
}
