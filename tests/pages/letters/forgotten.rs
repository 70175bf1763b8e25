//! The way back in for whoever forgot the password.

use curfew::{
    accounts::{Actor, ForceLogoutMoment, Target},
    domain::{people::role::Role, reason_text::Reasons},
};

use crate::harness::{
    letters::Letter,
    page::Page,
    person::Person,
    site::{Plan, Site},
    store::{any_engine, engines},
};

const NEW: &str = "violet-anchor-17-meadow";
/// Easy to guess, but on no list: it must be scored.
const EASY: &str = "zyzyzyzyzyzyzyzyzyzyzy7";

async fn forgets(person: &mut Person<'_>, email: &str) -> Page {
    person.posts("/password/forgot", &[("email", email)]).await
}

async fn resets(person: &mut Person<'_>, letter: &Letter) -> Page {
    person.posts(&letter.link(), &[("password", NEW), ("password_again", NEW)]).await
}

#[rocket::async_test]
async fn a_forgotten_password_is_replaced_with_the_link_in_the_letter() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        let mut elsewhere = site.visitor();
        forgets(&mut elsewhere, &ana.email).await.must_lead_to("/password/forgot?sent");
        elsewhere.opens("/password/forgot?sent").await.must_be(200);
        let letter = site.sends_letter().await;
        assert_eq!((letter.header("To"), letter.header("X-Curfew-Letter")), (ana.email.as_str(), "reset-password"));
        let copied = ana.email.replace('@', "@\u{2060}");
        forgets(&mut elsewhere, &copied).await.must_lead_to("/password/forgot?sent");
        assert_eq!(site.sends_letter().await.header("To"), ana.email, "an address copied from a letter");
        assert_eq!(letter.origin(), "http://curfew.test", "without base_url, where the request went");
        for _ in 0..2 {
            let page = elsewhere.opens(&letter.link()).await;
            assert!(page.must_be(200).body.contains(&ana.name), "opening it uses nothing up: {page:?}");
        }
        let wrong = [("password", NEW), ("password_again", "another")];
        let page = elsewhere.posts(&letter.link(), &wrong).await;
        assert!(page.must_be(422).field_error("password_again").is_some(), "{page:?}");
        resets(&mut elsewhere, &letter).await.must_lead_to("/login");
        let token = elsewhere.token.clone();
        elsewhere.opens(&letter.link()).await.must_be(410);
        let again = [("password", NEW), ("password_again", NEW)];
        elsewhere.posts_with(&token, &letter.link(), &again).await.must_be(410);

        let page = ana.opens("/account").await;
        assert_eq!(ana.opens(page.location()).await.data_reason(), Some("password-changed"));
        ana.logs_in().await.must_be(422);
        ana.password = NEW.to_owned();
        elsewhere.name.clone_from(&ana.name);
        elsewhere.password = NEW.to_owned();
        elsewhere.logs_in().await.must_lead_to("/account");
        let told = async || {
            let letters = site.sends_letters().await;
            letters.iter().map(|letter| letter.header("X-Curfew-Letter").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(told().await, ["password-changed"], "the browser that reset the password is not new");
        ana.logs_in().await.must_lead_to("/account");
        assert_eq!(told().await, ["new-login"], "a browser that was used before is");
        ana.posts("/logout", &[]).await.must_be(303);
        ana.logs_in().await.must_lead_to("/account");
        assert!(site.sends_letters().await.is_empty(), "and known again once it has logged in");
    }
}

/// To score a password costs time, and one that is refused leaves the link as it is.
#[rocket::async_test]
async fn a_link_does_not_try_any_number_of_passwords() {
    for engine in engines() {
        let mut plan = Plan::default();
        plan.settings.throttle_login.count = 3;
        let site = plan.on(engine).await;
        let ana = site.person(Role::Member).await;
        let mut elsewhere = site.visitor();
        forgets(&mut elsewhere, &ana.email).await.must_be(303);
        let letter = site.sends_letter().await;
        elsewhere.opens(&letter.link()).await.must_be(200);
        let easy = [("password", EASY), ("password_again", EASY)];
        for expected in [422, 422, 422, 429, 429] {
            elsewhere.posts_with(&elsewhere.token.clone(), &letter.link(), &easy).await.must_be(expected);
        }
        let page = resets(&mut elsewhere, &letter).await;
        assert!(page.must_be(429).form_problem().is_some_and(|problem| problem.contains("Too many")), "{page:?}");
    }
}

#[rocket::async_test]
async fn the_answer_is_the_same_whatever_the_address_is() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.throttle_login.count = 1;
        let site = plan.on(engine).await;
        let (ana, ben) = (site.person(Role::Member).await, site.person(Role::Member).await);
        let deactivated =
            site.accounts().deactivate(&Actor::operator("test"), &Target::Id(ben.id), None, &Reasons::default()).await;
        deactivated.expect("a deactivation");
        let mut answers = Vec::new();
        for email in [ana.email.as_str(), ben.email.as_str(), "nobody@example.org"] {
            answers.push(forgets(&mut site.visitor(), email).await);
        }
        let mut eager = site.visitor();
        for _ in 0..20 {
            answers.push(forgets(&mut eager, &ana.email).await);
        }
        for answer in &answers {
            answer.must_lead_to("/password/forgot?sent");
            assert_eq!(answer.without("").0, answers[0].without("").0);
        }
        let mut again = Vec::new();
        for email in [ana.email.as_str(), ben.email.as_str(), "nobody@example.org"] {
            again.push(site.visitor().posts("/email/verify", &[("email", email)]).await);
        }
        again.push(eager.posts("/email/verify", &[("email", &ana.email)]).await);
        for answer in &again {
            answer.must_lead_to("/email/verify?sent");
            assert_eq!(answer.without("").0, again[0].without("").0);
        }
        let sent = site.sends_letters().await;
        assert!(sent.iter().all(|letter| letter.header("To") == ana.email), "{sent:?}");
        assert_eq!(sent.len(), 3, "an address gets three letters of a kind per hour");
    }
}

/// The typed address has the Kelvin sign. It is the same name for a login, but it may be another person's mailbox.
#[rocket::async_test]
async fn a_letter_goes_to_the_address_of_the_account_and_not_to_the_typed_one() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mike = site.named("mike", Role::Member).await;
        forgets(&mut site.visitor(), "mi\u{212a}e@example.org").await.must_be(303);
        assert_eq!(site.sends_letter().await.header("To"), mike.email);
    }
}

#[rocket::async_test]
async fn a_force_logout_ends_the_links_that_were_sent_before() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let ana = site.person(Role::Member).await;
        forgets(&mut site.visitor(), &ana.email).await.must_be(303);
        let letter = site.sends_letter().await;
        let (operator, target) = (Actor::operator("test"), Target::Id(ana.id));
        let done = site.accounts().force_logout(&operator, &target, ForceLogoutMoment::Now, &Reasons::default()).await;
        done.expect("a force logout");
        site.visitor().opens(&letter.link()).await.must_be(410);
        forgets(&mut site.visitor(), &ana.email).await.must_be(303);
        let letter = site.sends_letter().await;
        resets(&mut site.visitor(), &letter).await.must_lead_to("/login");
    }
}

#[rocket::async_test]
async fn staff_send_members_a_reset_link() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, mut boss) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Superuser).await);
        let (ana, colleague) = (site.person(Role::Member).await, site.person(Role::Staff).await);
        staff.posts(&format!("/admin/users/{}/reset-link", ana.id), &[]).await.must_be(303);
        assert_eq!(site.sends_letter().await.header("To"), ana.email);
        staff.posts(&format!("/admin/users/{}/reset-link", colleague.id), &[]).await.must_be(403);
        boss.posts(&format!("/admin/users/{}/reset-link", colleague.id), &[]).await.must_be(303);
        assert_eq!(site.sends_letter().await.header("To"), colleague.email);
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'reset-link'";
        assert_eq!(site.database.number(recorded).await, 2);
    }
}
