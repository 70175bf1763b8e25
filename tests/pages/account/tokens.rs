//! The page of the user's own tokens.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use curfew::domain::people::role::Role;
use rocket::http::Method;

use crate::harness::{
    page::Page,
    person::form,
    site::{HOST, PASSWORD, Plan, Site},
    store::any_engine,
};

fn secret_on(page: &Page) -> Option<&str> {
    page.between("<code>curfew_", "</code>")
}

#[rocket::async_test]
async fn a_new_token_is_shown_once_and_only_to_its_creator() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        person.opens("/account/tokens").await.must_be(200);
        person.posts("/account/tokens", &[("label", "backup")]).await.must_lead_to("/account/tokens");
        for elsewhere in ["/", "/account", "/no-such-page", "/static/none.css"] {
            assert_eq!(secret_on(&person.opens(elsewhere).await), None, "{elsewhere}");
        }
        let page = person.opens("/account/tokens").await;
        assert_eq!(secret_on(&page).map(str::len), Some(40), "{page:?}");
        assert_eq!(secret_on(&person.opens("/account/tokens").await), None, "once");

        person.posts("/account/tokens", &[("label", "another")]).await.must_be(303);
        person.posts("/logout", &[]).await.must_be(303);
        assert_eq!(secret_on(&person.opens("/login").await), None);
        person.logs_in().await.must_be(303);
        assert_eq!(secret_on(&person.opens("/account/tokens").await), None, "a new login does not show it");
    }
}

#[rocket::async_test]
async fn a_stolen_session_creates_no_token_without_the_password() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(15));
        person.opens("/account/tokens").await.must_be(200);
        let referer = format!("http://{HOST}/account/tokens");
        let body = form(&person.token, &[("label", "backup")]);
        let page = person.sends(Method::Post, "/account/tokens", &[("Referer", &*referer)], body).await;
        page.must_lead_to("/confirm?next=%2Faccount%2Ftokens");
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_logins WHERE kind = 'opaque'").await, 0);
        person.posts(page.location(), &[("password", PASSWORD)]).await.must_lead_to("/account/tokens");
        person.posts("/account/tokens", &[("label", "backup")]).await.must_lead_to("/account/tokens");
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_logins WHERE kind = 'opaque'").await, 1);
    }
}

#[rocket::async_test]
async fn a_user_creates_at_most_60_tokens_an_hour() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut ana, mut ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        for _ in 0..60 {
            ana.posts("/account/tokens", &[("label", "backup")]).await.must_be(303);
        }
        let refused = ana.posts("/account/tokens", &[("label", "one more")]).await;
        assert!(refused.must_be(429).header("Retry-After").is_some(), "{refused:?}");
        assert_eq!(refused.value_in("label"), Some("one more"));
        ben.posts("/account/tokens", &[("label", "backup")]).await.must_be(303);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'throttled'").await, 1);
    }
}

#[rocket::async_test]
async fn a_new_token_says_how_many_it_ends() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.max_tokens = NonZeroU32::new(1);
        let site = plan.on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        for (label, ends_one) in [("backup", false), ("another", true)] {
            person.opens("/account/tokens").await.must_be(200);
            person.posts("/account/tokens", &[("label", label)]).await.must_lead_to("/account/tokens");
            let page = person.opens("/account/tokens").await;
            let says_so = page.body.contains("1 token ended, because your account has reached its limit.");
            assert_eq!(says_so, ends_one, "{label}: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn nobody_can_revoke_another_users_token() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut ana, mut ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        let program = ana.program_with_token().await;
        let revoke = format!("/account/tokens/{}/revoke", program.opaque_id);
        ben.opens("/account/tokens").await.must_be(200);
        ben.posts(&revoke, &[]).await.must_be(404);
        assert!(program.is_logged_in().await);
        ana.opens("/account/tokens").await.must_be(200);
        ana.posts(&revoke, &[]).await.must_lead_to("/account/tokens");
        program.asks_who_it_is().await.must_have_ended("ended-by-user");
    }
}
