//! Proving that an email is the user's.

use curfew::{domain::people::role::Role, settings::EmailVerification};

use crate::harness::{
    site::{Plan, Site},
    store::{any_engine, engines},
};

#[rocket::async_test]
async fn a_registration_sends_a_letter_that_verifies_the_email() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut ana = site.visitor();
        ana.registers().await.must_lead_to("/account");
        let page = ana.opens("/account").await;
        assert!(page.must_be(200).body.contains(&format!("the letter that was sent to {}", ana.email)), "{page:?}");
        let letter = site.sends_letter().await;
        assert_eq!((letter.header("To"), letter.header("X-Curfew-Letter")), (ana.email.as_str(), "verify-email"));
        let page = ana.opens("/account/profile").await;
        assert!(page.must_be(200).body.contains("Verify your email"), "{page:?}");
        // Without being logged in, as on another device.
        let mut phone = ana.another_browser();
        phone.opens(&letter.link()).await.must_be(200);
        phone.posts(&letter.link(), &[]).await.must_lead_to("/login");
        phone.posts_with(&phone.token.clone(), &letter.link(), &[]).await.must_be(410);
        let page = ana.opens("/account/profile").await;
        assert!(!page.body.contains("Verify your email"), "{page:?}");
    }
}

#[rocket::async_test]
async fn where_it_is_required_nobody_logs_in_before() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.email_verification = EmailVerification::Required;
        let site = plan.on(engine).await;
        let mut ana = site.visitor();
        ana.registers().await.must_lead_to("/login");
        assert_eq!(ana.session(), None);
        site.sends_letter().await;
        let page = ana.logs_in().await;
        assert!(
            page.must_be(422).body.contains("href=\"/email/verify\""),
            "it offers to send the letter again: {page:?}"
        );
        let wrong = [("password", "a wrong password, this is")];
        let wrong = ana.another_browser().logs_in_with(&wrong).await;
        assert!(!wrong.must_be(422).body.contains("href=\"/email/verify\""), "only with the right password: {wrong:?}");
        ana.posts("/email/verify", &[("email", &ana.email.clone())]).await.must_lead_to("/email/verify?sent");
        let letter = site.sends_letter().await;
        ana.posts(&letter.link(), &[]).await.must_lead_to("/login");
        ana.logs_in().await.must_lead_to("/account");
        // Nothing waits any more, so there is nothing to send.
        ana.another_browser().posts("/email/verify", &[("email", &ana.email.clone())]).await.must_be(303);
        assert!(site.sends_letters().await.is_empty());
    }
}

/// Nobody limits how often a user presses the button, so it must not add a row each time.
#[rocket::async_test]
async fn however_often_a_user_asks_one_letter_waits() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut ana = site.visitor();
        ana.registers().await.must_lead_to("/account");
        ana.opens("/account/profile").await.must_be(200);
        let token = ana.token.clone();
        for _ in 0..10 {
            ana.posts_with(&token, "/account/email/verify", &[]).await.must_lead_to("/account/profile");
        }
        let queued = "SELECT COUNT(*) FROM curfew_letters WHERE kind = 'verify-email'";
        assert_eq!(site.database.number(queued).await, 1);
        let first = site.sends_letter().await;
        ana.posts_with(&token, "/account/email/verify", &[]).await.must_lead_to("/account/profile");
        let second = site.sends_letter().await;
        assert_ne!(first.link(), second.link(), "a letter that was sent is not one that waits");
    }
}

#[rocket::async_test]
async fn a_user_changes_the_email_at_most_20_times_an_hour() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        for number in 0..20 {
            ana.changes_email(&format!("ana{number}@example.net")).await.must_be(303);
        }
        let page = ana.changes_email("one-more@example.net").await;
        assert!(page.must_be(429).form_problem().is_some(), "{page:?}");
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_letters").await, 20);
        ana.opens("/account").await.must_be(200);
    }
}

#[rocket::async_test]
async fn a_new_email_counts_once_its_letter_is_confirmed_and_the_old_address_is_told() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        let old = ana.email.clone();
        ana.changes_email("new@example.org").await.must_lead_to("/account/profile");
        let page = ana.opens("/account/profile").await;
        assert!(page.must_be(200).body.contains("new@example.org"), "{page:?}");
        let first = site.sends_letter().await;
        assert_eq!(first.header("To"), "new@example.org");
        ana.another_browser().logs_in_with(&[("username", "new@example.org")]).await.must_be(422);
        ana.posts_with(&ana.token.clone(), "/account/email/cancel", &[]).await.must_lead_to("/account/profile");
        ana.opens(&first.link()).await.must_be(410);

        ana.changes_email("new@example.org").await.must_be(303);
        site.sends_letter().await;
        ana.posts_with(&ana.token.clone(), "/account/email/verify", &[]).await.must_lead_to("/account/profile");
        let letter = site.sends_letter().await;
        ana.posts(&letter.link(), &[]).await.must_lead_to("/login");
        let told = site.sends_letter().await;
        assert_eq!((told.header("To"), told.header("X-Curfew-Letter")), (old.as_str(), "email-changed"));
        ana.another_browser().logs_in_with(&[("username", &old)]).await.must_be(422);
        ana.another_browser().logs_in_with(&[("username", "new@example.org")]).await.must_lead_to("/account");
    }
}
