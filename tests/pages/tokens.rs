//! The page of the user's own tokens.

use std::num::NonZeroU32;

use curfew::domain::{logins::session_secret::SessionId, people::role::Role};

use crate::harness::{
    page::Page,
    site::{Plan, Site},
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
async fn a_new_token_says_which_ones_it_ends() {
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
async fn a_long_list_of_tokens_has_pages() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        has_tokens(&site, ana.id, 203).await;
        let mut seen = Vec::new();
        for (page, count, next) in [("", 100, Some("?page=2")), ("?page=2", 100, Some("?page=3")), ("?page=3", 3, None)]
        {
            let shown = ana.opens(&format!("/account/tokens{page}")).await;
            let labels: Vec<String> = shown
                .must_be(200)
                .body
                .split("<h2 class=\"name\">token ")
                .skip(1)
                .map(|rest| rest[..3].to_owned())
                .collect();
            assert_eq!(labels.len(), count, "{page}: {shown:?}");
            seen.extend(labels);
            let link = shown.between("rel=\"next\" href=\"", "\"").map(|href| href.replace("&#x2F;", "/"));
            assert_eq!(link, next.map(|next| format!("/account/tokens{next}")), "{page}: {shown:?}");
            assert_eq!(shown.body.contains("rel=\"prev\""), !page.is_empty(), "{page}: {shown:?}");
        }
        let newest_first: Vec<String> = (1..=203).rev().map(|number| format!("{number:03}")).collect();
        assert_eq!(seen, newest_first);
        for wrong in ["0", "x", "-1", "1.5"] {
            ana.opens(&format!("/account/tokens?page={wrong}")).await.must_be(400);
        }
        let none = ana.opens("/account/tokens?page=4").await;
        assert!(none.must_be(200).body.contains("The list ends before this page."), "{none:?}");
        assert!(ana.opens("/account/tokens?page=401").await.must_be(200).body.contains("too far"));

        // A button returns to the page that it is on.
        ana.opens("/account/tokens?page=3").await.must_be(200);
        let revoke = format!("/account/tokens/{}/revoke?page=3", id_of(1));
        let page = ana.posts_with(&ana.token.clone(), &revoke, &[]).await;
        page.must_lead_to("/account/tokens?page=3");
        let page = ana.opens("/account/tokens?page=3").await;
        assert!(!page.body.contains("token 001"), "{page:?}");
    }
}

fn id_of(number: u32) -> String {
    let [.., high, low] = number.to_be_bytes();
    SessionId::from_random([0, 0, 0, 0, 0, 0, 0, 0, high, low]).as_str().to_owned()
}

/// Stores this many opaque tokens, each a second newer than the one before.
async fn has_tokens(site: &Site, user_id: i64, count: u32) {
    let rows: Vec<String> = (1..=count)
        .map(|number| {
            let at = format!("'2026-01-01 00:{:02}:{:02}+00:00'", number / 60, number % 60);
            format!(
                "('{}', {user_id}, 'opaque', 'token {number:03}', {at}, {at}, \
                 '2999-01-01 00:00:00+00:00', '', '')",
                id_of(number)
            )
        })
        .collect();
    let sql =
        "INSERT INTO curfew_logins (id, user_id, kind, label, login_date, opened_at, expires_at, address, user_agent)";
    site.database.execute(&format!("{sql} VALUES {}", rows.join(", "))).await;
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
