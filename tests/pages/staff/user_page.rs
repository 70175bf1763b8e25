//! The page of one user, and the pages with all sessions and tokens.

use curfew::domain::people::role::Role;

use crate::harness::{journeys::STAFF_REASON, page::Page, site::Site, store::any_engine};

/// The addresses of the forms that end a login.
fn end_forms(page: &Page) -> Vec<String> {
    let body = page.body.replace("&#x2F;", "/");
    let actions = body.split("method=\"post\" action=\"").skip(1).filter_map(|form| form.split('"').next());
    actions.filter(|action| action.ends_with("/end")).map(str::to_owned).collect()
}

#[rocket::async_test]
async fn the_head_has_the_name_the_standing_the_role_the_count_and_one_solid_button() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, mut owner) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Superuser).await);
        let ana = site.signed_in(Role::Member).await;
        let user = format!("/admin/users/{}", ana.id);
        let page = staff.opens(&user).await;
        let head = page.between("class=\"user-head\"", "</div>\n  <div").expect("the head");
        for words in [&*ana.name, "member", "active", "1 session", "id=\"force-out\"", "Force out"] {
            assert!(head.contains(words), "{words}: {head}");
        }
        assert_eq!(page.body.matches("button-solid").count(), 1, "{page:?}");
        assert!(!page.body.contains("<details class=\"panel act\" open"), "{page:?}");
        // Staff see a colleague's page without the button.
        let page = staff.opens(&format!("/admin/users/{}", owner.id)).await;
        assert!(page.must_be(200).body.contains("Staff act on members only"), "{page:?}");
        assert!(!page.body.contains("button-solid") && end_forms(&page).is_empty(), "{page:?}");
        owner.deactivates(&ana, "").await.must_be(303);
        let page = staff.opens(&user).await;
        let head = page.between("class=\"user-head\"", "</div>\n  <div").expect("the head");
        assert!(head.contains("inactive") && head.contains("no live logins"), "{head}");
    }
}

#[rocket::async_test]
async fn only_the_disclosure_with_the_error_is_open() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, ana) = (site.signed_in(Role::Superuser).await, site.person(Role::Member).await);
        let user = format!("/admin/users/{}", ana.id);
        assert!(!owner.opens(&user).await.must_be(200).body.contains("\" open>"));
        for (action, field, value) in [
            ("force-logout", "at", "soon"),
            ("deactivate", "until", "2001-01-01T00:00"),
            ("role", "password", "not the password"),
            ("delete", "password", "not the password"),
        ] {
            let page = owner.posts(&format!("{user}/{action}"), &[(field, value), ("role", "staff")]).await;
            assert!(page.must_be(422).field_error(&format!("{action}-{field}")).is_some(), "{action}: {page:?}");
            assert_eq!(page.body.matches("\" open>").count(), 1, "{action}: {page:?}");
            let (_, after) = page.body.split_once("\" open>").expect("an open disclosure");
            let inside = after.split("</details>").next().unwrap_or_default();
            assert!(inside.contains(&format!("id=\"{action}-{field}-error\"")), "{action}: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn every_session_of_a_user_can_be_reached_and_ended() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, ana) = (site.signed_in(Role::Staff).await, site.person(Role::Member).await);
        for _ in 0..23 {
            ana.another_browser().logs_in().await.must_be(303);
        }
        let user = format!("/admin/users/{}", ana.id);
        let page = staff.opens(&user).await;
        assert_eq!(end_forms(&page).len(), 10);
        let to_all = format!("<a href=\"{user}/sessions\">All sessions of this user</a>");
        assert!(page.body.replace("&#x2F;", "/").contains(&to_all), "{page:?}");
        let list = format!("{user}/sessions");
        let first = staff.opens(&list).await;
        assert_eq!(end_forms(&first).len(), 20);
        let next = first.between("rel=\"next\" href=\"", "\"").expect("a next page").replace("&#x2F;", "/");
        let second = staff.opens(&next).await;
        assert_eq!(end_forms(&second).len(), 3);
        assert!(second.body.contains("rel=\"prev\""), "{second:?}");

        // The oldest is on the second page. A refused reason is shown again there.
        let end = end_forms(&second).pop().expect("a form");
        let oldest = end.trim_end_matches("/end").rsplit('/').next().expect("an id").to_owned();
        let token = staff.token.clone();
        let page = staff.posts_with(&token, &end, &[("staff_reason", &"x".repeat(501)), ("page", "2")]).await;
        assert!(page.must_be(422).field_error(&format!("end-{oldest}-staff_reason")).is_some(), "{page:?}");
        assert_eq!(page.title().split(" · ").next(), Some(&*format!("Error: Sessions of {}", ana.name)));
        staff.posts_with(&token, &end, &[("staff_reason", STAFF_REASON), ("page", "2")]).await.must_lead_to(&next);
        assert!(staff.opens(&next).await.body.contains("Session ended."));
        let live = format!("SELECT COUNT(*) FROM curfew_logins WHERE user_id = {} AND ended_at IS NULL", ana.id);
        assert_eq!(site.database.number(&live).await, 22);
        staff.posts_with(&token, &end, &[("page", "-1")]).await.must_lead_to(&user);

        for (query, status) in
            [("page=0", 400), ("page=x", 400), ("page=1&page=2", 400), ("page=9", 200), ("page=401", 200)]
        {
            let page = staff.opens(&format!("{list}?{query}")).await;
            assert!(end_forms(page.must_be(status)).is_empty(), "{query}: {page:?}");
        }
        staff.opens("/admin/users/99999999/sessions").await.must_be(404);
    }
}

#[rocket::async_test]
async fn staff_end_one_token_of_a_member() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, owner) = (site.signed_in(Role::Staff).await, site.person(Role::Superuser).await);
        let ana = site.signed_in(Role::Member).await;
        let (script, app) = (ana.program_with_token().await, ana.program_with_jwt().await);
        let user = format!("/admin/users/{}", ana.id);
        let page = staff.opens(&user).await;
        assert_eq!(end_forms(&page).len(), 3, "one session and two tokens");
        let of = async |id: i64, kind: &str| {
            site.database
                .texts(&format!("SELECT id FROM curfew_logins WHERE user_id = {id} AND kind = '{kind}'"))
                .await
                .remove(0)
        };
        let opaque = of(ana.id, "opaque").await;
        let (end, token) = (format!("{user}/tokens/{opaque}/end"), staff.token.clone());
        // A session is no token, and a token of somebody else is not of this user.
        staff.posts_with(&token, &format!("{user}/tokens/{}/end", of(ana.id, "browser").await), &[]).await.must_be(404);
        staff.posts_with(&token, &format!("/admin/users/{}/tokens/{opaque}/end", staff.id), &[]).await.must_be(404);
        let page = staff.posts_with(&token, &end, &[("staff_reason", "a\u{0}b")]).await;
        assert!(page.must_be(422).field_error(&format!("end-{opaque}-staff_reason")).is_some(), "{page:?}");
        assert!(script.is_logged_in().await);
        staff.posts_with(&token, &end, &[("staff_reason", STAFF_REASON)]).await.must_lead_to(&user);
        assert!(!script.is_logged_in().await && app.is_logged_in().await, "the other token must continue");
        assert!(staff.opens(&user).await.body.contains("Token ended."));
        staff.posts_with(&token, &end, &[("page", "1")]).await.must_lead_to(&format!("{user}/tokens"));
        let page = staff.opens(&format!("{user}/tokens")).await;
        assert!(page.body.contains("That token had already ended.") && end_forms(&page).len() == 1, "{page:?}");

        owner.program_with_token().await;
        let of_owner = of(owner.id, "opaque").await;
        staff.posts_with(&token, &format!("/admin/users/{}/tokens/{of_owner}/end", owner.id), &[]).await.must_be(403);
    }
}

#[rocket::async_test]
async fn every_icon_has_its_symbol_on_the_page() {
    let site = Site::on(any_engine()[0]).await;
    let (mut owner, ana) = (site.person(Role::Superuser).await, site.signed_in(Role::Member).await);
    owner.user_agent = "curl/8.11.0".to_owned(); // a program is known, and has an icon
    owner.logs_in().await.must_lead_to("/account");
    let user = format!("/admin/users/{}", ana.id);
    let find = format!("/admin/find?q={}", ana.name);
    let paths = ["/admin", "/admin/sessions", "/admin/events", "/account/sessions", &*user, &*find];
    for events in ["with events", "without"] {
        for path in paths {
            let page = owner.opens(path).await;
            let icons: Vec<&str> = page.must_be(200).body.split("<use href=\"#").skip(1).collect();
            assert!(!icons.is_empty() || events == "without", "{path} has icons");
            for icon in icons {
                let name = icon.split('"').next().unwrap_or_default();
                assert_eq!(page.body.matches(&format!("<symbol id=\"{name}\"")).count(), 1, "{path} {events}: {name}");
            }
        }
        site.database.execute("DELETE FROM curfew_events").await;
    }
}
