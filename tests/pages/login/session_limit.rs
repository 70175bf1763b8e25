//! Logins above the limit: who is logged out, who is refused, and what both are shown.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use curfew::{
    domain::{people::role::Role, reason::EndReason},
    settings::WhenFull,
};

use crate::harness::{
    page::Page,
    site::{Plan, Site},
    store::{Engine, any_engine},
};

/// A site that allows every role this many sessions.
async fn site_of(engine: Engine, limit: u32, when_full: WhenFull) -> Site {
    let mut plan = Plan::default();
    plan.settings.max_sessions = NonZeroU32::new(limit);
    plan.settings.staff_max_sessions = NonZeroU32::new(limit);
    plan.settings.when_full = when_full;
    plan.on(engine).await
}

#[track_caller]
fn must_be_full(page: &Page, words: &[&str]) {
    page.must_be(409);
    let problem = page.form_problem().expect("a message for the form");
    assert!(words.iter().all(|words| problem.contains(words)), "{problem}");
}

#[rocket::async_test]
async fn the_replaced_browser_is_told_once_and_can_log_in_again() {
    for engine in any_engine() {
        let site = site_of(engine, 1, WhenFull::EndOldest).await;
        let mut first = site.signed_in(Role::Member).await;
        let mut second = first.another_browser();
        second.logs_in().await.must_lead_to("/account");
        let page = first.opens("/account/password").await;
        page.must_lead_to("/login?next=%2Faccount%2Fpassword");
        assert!(first.session_change(&page).is_some_and(|cookie| cookie.removes()), "{page:?}");
        let page = first.opens(page.location()).await;
        assert_eq!(page.data_reason(), Some("logged-in-elsewhere"), "{page:?}");
        assert!(page.body.contains(EndReason::LoggedInElsewhere.sentence()), "{page:?}");
        assert_eq!(first.opens("/login").await.data_reason(), None, "shown only once");
        assert!(second.is_logged_in().await);
        first.logs_in_with(&[("next", "/account/password")]).await.must_lead_to("/account/password");
        assert!(first.is_logged_in().await && !second.is_logged_in().await, "now the other browser is logged out");
    }
}

#[rocket::async_test]
async fn a_form_from_the_replaced_browser_does_nothing() {
    for engine in any_engine() {
        let site = site_of(engine, 1, WhenFull::EndOldest).await;
        let mut first = site.signed_in(Role::Member).await;
        first.opens("/account/profile").await.must_be(200);
        first.another_browser().logs_in().await.must_lead_to("/account");
        let (token, password) = (first.token.clone(), first.password.clone());
        let fields = [("email", "new@example.org"), ("password", &*password)];
        let page = first.posts_with(&token, "/account/profile", &fields).await;
        page.must_be(303);
        assert_eq!(first.opens(page.location()).await.data_reason(), Some("logged-in-elsewhere"));
        let changed = "SELECT COUNT(*) FROM curfew_users WHERE email = 'new@example.org'";
        assert_eq!(site.database.number(changed).await, 0);
    }
}

#[rocket::async_test]
async fn a_refused_login_says_what_to_do() {
    for engine in any_engine() {
        let site = site_of(engine, 2, WhenFull::RefuseNew).await;
        let mut first = site.signed_in(Role::Member).await;
        let mut second = first.another_browser();
        second.logs_in().await.must_lead_to("/account");
        let mut third = first.another_browser();
        for _ in 0..15 {
            // More often than wrong passwords are allowed: a refusal at the limit never counts as a failure.
            let page = third.logs_in_with(&[("remember", "on"), ("next", "/account/password")]).await;
            must_be_full(&page, &["2 logins open", "no more than 2", "Log out on another device", "wait"]);
            assert_eq!(page.value_in("username"), Some(&*third.name), "{page:?}");
            assert!(page.body.contains("name=\"next\" value=\"&#x2F;account&#x2F;password\""), "{page:?}");
            assert!(!page.body.contains(&third.password), "{page:?}");
            assert_eq!((third.session(), page.header("Retry-After")), (None, None));
        }
        assert!(first.is_logged_in().await && second.is_logged_in().await, "no login ended");
        second.logs_out().await.must_be(303);
        third.logs_in().await.must_lead_to("/account");
        must_be_full(&second.logs_in().await, &["no more than 2"]);
        site.shift_clock(TimeDelta::days(3) + TimeDelta::minutes(1));
        second.logs_in().await.must_lead_to("/account"); // an idle session does not count
    }
}

#[rocket::async_test]
async fn a_lowered_limit_says_how_many_logins_must_end_first() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.named("ana", Role::Member).await;
        for _ in 0..4 {
            person.another_browser().logs_in().await.must_lead_to("/account");
        }
        let mut plan = Plan::default();
        plan.settings.max_sessions = NonZeroU32::new(2);
        plan.settings.when_full = WhenFull::RefuseNew;
        let site = plan.over(site.stop()).await;
        let page = site.visitor().logs_in_with(&[("username", "ana")]).await;
        must_be_full(&page, &["4 logins open", "no more than 2", "Log out on 3 other devices"]);
    }
}

#[rocket::async_test]
async fn a_wrong_password_does_not_reveal_that_the_limit_is_reached() {
    for engine in any_engine() {
        let site = site_of(engine, 1, WhenFull::RefuseNew).await;
        let (full, free) = (site.signed_in(Role::Member).await, site.person(Role::Member).await);
        let mut visitor = site.visitor();
        let mut pages = Vec::new();
        for person in [&full, &free] {
            let page = visitor.logs_in_with(&[("username", &person.name), ("password", "not the password")]).await;
            page.must_be(422);
            pages.push(page.without(&person.name));
        }
        assert_eq!(pages[0], pages[1]);
    }
}

#[rocket::async_test]
async fn staff_can_be_limited_to_one_session_while_members_are_not() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.staff_max_sessions = NonZeroU32::new(1);
        let site = plan.on(engine).await;
        for (role, stays) in [(Role::Member, true), (Role::Staff, false), (Role::Superuser, false)] {
            let mut first = site.signed_in(role).await;
            first.another_browser().logs_in().await.must_lead_to("/account");
            assert_eq!(first.is_logged_in().await, stays, "{role}");
        }
    }
}

#[rocket::async_test]
async fn setting_up_registering_and_changing_a_password_work_under_any_limit() {
    for engine in any_engine() {
        for when_full in [WhenFull::EndOldest, WhenFull::RefuseNew] {
            let site = site_of(engine, 1, when_full).await;
            let code = site.accounts().renew_setup_code().await.expect("an answer").expect("no superuser yet");
            let (mut root, mut member) = (site.visitor(), site.visitor());
            root.sets_up(&code).await.must_lead_to("/admin");
            member.registers().await.must_lead_to("/account");
            for person in [&mut root, &mut member] {
                person.changes_password("another lamp of mine").await.must_be(303);
                assert!(person.is_logged_in().await);
            }
        }
    }
}
