//! "This wasn't me", from the letter to the new password.

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, ForceLogoutMoment, Target},
    domain::{people::role::Role, reason_text::Reasons},
};

use crate::harness::{
    letters::Letter,
    person::Person,
    site::Site,
    store::{any_engine, engines},
};

const NEW: &str = "violet-anchor-17-meadow";

fn of_kind<'l>(letters: &'l [Letter], kind: &str) -> &'l Letter {
    letters.iter().find(|letter| letter.header("X-Curfew-Letter") == kind).expect("a letter of the kind")
}

/// The attacker has the password and a session, changes the password and the email, and loses the account.
#[rocket::async_test]
async fn the_owner_takes_the_account_back_with_two_requests_and_without_logging_in() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        let mut mallory = ana.another_browser();
        mallory.logs_in().await.must_lead_to("/account");
        let told = site.sends_letter().await;
        assert_eq!((told.header("To"), told.header("X-Curfew-Letter")), (ana.email.as_str(), "new-login"));
        let fields = [("current_password", ana.password.as_str()), ("password", NEW), ("password_again", NEW)];
        mallory.posts("/account/password", &fields).await.must_be(303);
        mallory.password = NEW.to_owned();
        mallory.changes_email("mallory@example.com").await.must_be(303);
        let letters = site.sends_letters().await;
        mallory.posts(&of_kind(&letters, "verify-email").link(), &[]).await.must_be(303);
        let to_old = site.sends_letter().await;
        assert_eq!(to_old.header("To"), ana.email);
        mallory.opens("/account").await.must_be(200);

        let mut phone = site.visitor();
        let page = phone.opens(&to_old.link()).await;
        assert!(page.must_be(200).body.contains(&ana.email), "{page:?}");
        let page = phone.posts(&to_old.link(), &[]).await;
        page.must_lead_to("/login");
        let page = phone.opens("/login").await;
        assert!(page.body.contains("Every login of your account has ended"), "{page:?}");
        let page = mallory.opens("/account").await;
        assert_eq!(mallory.opens(page.location()).await.data_reason(), Some("not-me"));
        mallory.logs_in().await.must_be(422);
        ana.logs_in().await.must_be(422);

        let reset = site.sends_letter().await;
        assert_eq!((reset.header("To"), reset.header("X-Curfew-Letter")), (ana.email.as_str(), "reset-password"));
        let again = [("password", "gentle-heron-42-lantern"), ("password_again", "gentle-heron-42-lantern")];
        phone.posts(&reset.link(), &again).await.must_lead_to("/login");
        ana.password = "gentle-heron-42-lantern".to_owned();
        ana.logs_in().await.must_lead_to("/account");
        // The other links are spent by now, or were sent to the attacker.
        assert_eq!(phone.opens(&to_old.link()).await.status, 410);
    }
}

/// Whoever ends the login of the owner's browser must not stop the owner by that.
#[rocket::async_test]
async fn the_links_do_not_depend_on_the_login_of_the_browser() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        let mut mallory = ana.another_browser();
        mallory.logs_in().await.must_lead_to("/account");
        let link = site.sends_letter().await.link();
        let page = ana.opens(&link).await;
        assert!(!page.must_be(200).body.contains("data-login"), "it opens no event stream: {page:?}");
        let token = ana.token.clone();
        site.accounts()
            .force_logout(&Actor::operator("test"), &Target::Id(ana.id), ForceLogoutMoment::Now, &Reasons::default())
            .await
            .expect("a force logout");
        ana.posts_with("wrong", &link, &[]).await.must_be(403);
        ana.posts_with(&token, &link, &[]).await.must_lead_to("/login");
        let page = ana.opens("/login").await;
        assert!(page.body.contains("Every login of your account has ended"), "it worked: {page:?}");

        let reset = site.sends_letter().await.link();
        let mut ben = site.signed_in(Role::Member).await;
        ben.opens(&reset).await.must_be(200);
        let new = [("password", NEW), ("password_again", NEW)];
        ben.posts_with(&ben.token.clone(), &reset, &new).await.must_lead_to("/login");
        ben.opens("/account").await.must_be(200);
    }
}

/// The link acts on the same mailbox, so it has nothing to restore.
#[rocket::async_test]
async fn the_page_promises_no_email_that_the_account_has() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.signed_in(Role::Member).await;
        ana.another_browser().logs_in().await.must_lead_to("/account");
        let link = site.sends_letter().await.link();
        for (email, is_promised) in [(ana.email.to_uppercase(), false), ("mallory@example.com".to_owned(), true)] {
            site.database.execute(&format!("UPDATE curfew_users SET email = '{email}' WHERE id = {}", ana.id)).await;
            let page = site.visitor().opens(&link).await;
            assert_eq!(page.must_be(200).body.contains("becomes the email"), is_promised, "{email}: {page:?}");
        }
    }
}

/// What the page says about the letter is true.
#[rocket::async_test]
async fn the_page_says_when_the_letter_comes() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let operator = Actor::operator("test");
        let mut ana = site.signed_in(Role::Member).await;
        let login = async |site: &Site, ana: &Person<'_>| {
            site.shift_clock(TimeDelta::minutes(61));
            ana.another_browser().logs_in().await.must_lead_to("/account");
            of_kind(&site.sends_letters().await, "new-login").link()
        };
        let link = login(&site, &ana).await;
        for _ in 0..3 {
            site.visitor().posts("/password/forgot", &[("email", &ana.email)]).await.must_be(303);
        }
        assert_eq!(site.sends_letters().await.len(), 3, "strangers have used up the hour");
        let mut phone = site.visitor();
        phone.posts(&link, &[]).await.must_lead_to("/login");
        let page = phone.opens("/login").await;
        assert!(page.body.contains("within an hour"), "{page:?}");
        assert!(site.sends_letters().await.is_empty());
        site.shift_clock(TimeDelta::minutes(61));
        let reset = site.sends_letter().await;
        let new = [("password", NEW), ("password_again", NEW)];
        phone.posts(&reset.link(), &new).await.must_lead_to("/login");
        ana.password = NEW.to_owned();

        let link = login(&site, &ana).await;
        let target = Target::Id(ana.id);
        site.accounts().deactivate(&operator, &target, None, &Reasons::default()).await.expect("a deactivation");
        assert!(phone.opens(&link).await.must_be(200).body.contains("once the account is active again"));
        phone.posts(&link, &[]).await.must_lead_to("/login");
        let page = phone.opens("/login").await;
        assert!(page.body.contains("once it is active again"), "{page:?}");
        assert!(site.sends_letters().await.is_empty());
        site.accounts().activate(&operator, &target, &Reasons::default()).await.expect("an activation");
        assert_eq!(site.sends_letter().await.header("X-Curfew-Letter"), "reset-password");
    }
}
