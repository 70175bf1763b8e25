//! Long lists of tokens have pages, on the user's own page and in the API.

use curfew::domain::{logins::public_id::PublicId, people::role::Role};
use serde_json::json;

use crate::harness::{
    site::Site,
    store::{any_engine, engines},
};

#[rocket::async_test]
async fn the_page_shows_a_long_list_in_parts() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        has_tokens(&site, ana.id, &["opaque"], 203).await;
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

#[rocket::async_test]
async fn the_api_returns_a_long_list_in_parts() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let program = person.program_with_token().await;
        // Every second one is a JWT family, which is not listed.
        has_tokens(&site, person.id, &["opaque", "jwt"], 250).await;

        let (mut ids, mut path) = (Vec::new(), "/api/tokens".to_owned());
        for next in [json!("/api/tokens?page=2"), json!(null)] {
            let listed = program.gets(&path).await;
            let tokens = listed.must_be(200).json["tokens"].as_array().expect("a list");
            ids.extend(tokens.iter().map(|token| token["id"].as_str().expect("an id").to_owned()));
            assert_eq!(listed.json["next"], next, "{path}");
            next.as_str().unwrap_or_default().clone_into(&mut path);
        }
        let older = (1..=250).rev().filter(|number| number % 2 == 1).map(id_of);
        let expected: Vec<String> = [program.opaque_id.clone()].into_iter().chain(older).collect();
        assert_eq!(ids, expected, "each once, newest first");
        let none = program.gets("/api/tokens/?page=3").await;
        assert_eq!((&none.must_be(200).json["tokens"], &none.json["next"]), (&json!([]), &json!(null)));
        for wrong in ["page=0", "page=x", "page=", "page=401", "page=1&page=2", "page=%00"] {
            program.gets(&format!("/api/tokens?{wrong}")).await.must_be_refused(400, "bad_request");
        }
    }
}

fn id_of(number: u32) -> String {
    let [.., high, low] = number.to_be_bytes();
    PublicId::from_random([0, 0, 0, 0, 0, 0, 0, 0, high, low]).as_str().to_owned()
}

/// Stores this many tokens, each a second newer than the one before, of these kinds in turn.
async fn has_tokens(site: &Site, user_id: i64, kinds: &[&str], count: u32) {
    let rows: Vec<String> = (1..=count)
        .zip(kinds.iter().cycle())
        .map(|(number, kind)| {
            let at = format!("'2026-01-01 00:{:02}:{:02}+00:00'", number / 60, number % 60);
            let (id, label) = (id_of(number), format!("token {number:03}"));
            format!("('{id}', {user_id}, '{kind}', '{label}', {at}, {at}, '2999-01-01 00:00:00+00:00', '', '')")
        })
        .collect();
    let columns = "id, user_id, kind, label, login_date, opened_at, expires_at, address, user_agent";
    site.database.execute(&format!("INSERT INTO curfew_logins ({columns}) VALUES {}", rows.join(", "))).await;
}
