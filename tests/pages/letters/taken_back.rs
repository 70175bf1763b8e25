//! "This wasn't me", from the letter to the new password.

use curfew::domain::people::role::Role;

use crate::harness::{letters::Letter, site::Site, store::engines};

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
