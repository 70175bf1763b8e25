//! The pages of staff: the list of users, hostile text, whom staff may act on, and what a page announces.

use curfew::domain::people::role::Role;

use crate::harness::{page::Page, site::Site, store::any_engine};

/// Text from a hostile browser or a hostile colleague.
const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7 * 7 }}";

#[rocket::async_test]
async fn an_unknown_query_value_of_the_users_list_is_refused() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for good in [
            "",
            "q=ana",
            "q=&status=&role=&sort=&page=",
            "status=active",
            "status=inactive&role=member",
            "role=staff&sort=-last_login",
            "role=superuser&sort=email&page=2",
            "page=400",
            "live=yes&per_page=100",
            "live=no&joined_from=2026-01-01&joined_to=2026-03-01T00:00:00Z",
            "login_from=2026-01-01&login_to=&seen_from=&seen_to=2026-01-01",
        ] {
            staff.opens(&format!("/admin/users?{good}")).await.must_be(200);
        }
        for bad in [
            "status=banned",
            "status=ACTIVE",
            "role=root",
            "sort=password_hash",
            "sort=username%20desc",
            "sort=--email",
            "sort=1",
            "page=0",
            "page=-1",
            "page=one",
            "page=1.5",
            "page=%2B1",
            "q=%00",
            "q=a%E2%80%AEb",
            "unknown=1",
            "live=maybe",
            "per_page=1000",
            "per_page=0",
            "joined_from=yesterday",
            "seen_to=2026-02-30",
        ] {
            let page = staff.opens(&format!("/admin/users?{bad}")).await;
            assert_eq!(page.status, 400, "{bad}: {page:?}");
        }
        let long = "a".repeat(300);
        assert_eq!(staff.opens(&format!("/admin/users?q={long}")).await.status, 400);
    }
}

#[rocket::async_test]
async fn the_list_shows_live_logins_and_filters_by_them_and_by_dates_also_for_a_bulk_action() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let (ana, ben) = (site.named("ana", Role::Member).await, site.named("ben", Role::Member).await);
        for _ in 0..2 {
            ana.another_browser().logs_in().await.must_be(303);
        }
        ben.another_browser().logs_in().await.must_be(303);
        staff.forces_out(&ben).await.must_be(303);
        site.database
            .execute("UPDATE curfew_users SET date_joined = '2026-03-01T12:00:00+00:00' WHERE username = 'ben'")
            .await;
        let names = |page: &Page| {
            let rows = page.must_be(200).body.split("><a href=\"/admin/users/").skip(1);
            let names = rows.map(|row| row.split_once("\">").and_then(|(_, rest)| rest.split('<').next()));
            names.map(|name| name.expect("a name").to_owned()).collect::<Vec<_>>()
        };
        for (query, expected) in [
            ("live=yes&role=member", vec!["ana"]),
            ("live=no&role=member", vec!["ben"]),
            ("joined_from=2026-03-01&joined_to=2026-03-01", vec!["ben"]),
            ("joined_to=2026-02-28", vec![]),
            ("joined_from=2026-03-02&role=member", vec!["ana"]),
            ("seen_from=2026-03-01&live=no&role=member", vec!["ben"]),
        ] {
            assert_eq!(names(&staff.opens(&format!("/admin/users?{query}")).await), expected, "{query}");
        }
        let page = staff.opens("/admin/users?live=yes&role=member&seen_from=2026-03-01&per_page=50").await;
        assert!(page.body.contains("<td>2</td>"), "{page:?}");
        assert!(page.body.contains("<option value=\"50\" selected>"), "{page:?}");
        assert!(page.body.contains("search-more\" open"), "the dates are shown: {page:?}");
        assert!(page.body.contains("value=\"2026-03-01T00:00\""), "as a browser keeps it: {page:?}");
        let fields = page.between("action=\"/admin/users/bulk\"", "</form>").expect("the form");
        for field in ["name=\"live\" value=\"yes\"", "name=\"seen_from\" value=\"2026-03-01\""] {
            assert!(fields.contains(field), "{field}: {fields}");
        }
        let token = page.csrf_token().expect("a form").to_owned();
        let choice = [
            ("action", "force-logout"),
            ("scope", "matching"),
            ("role", "member"),
            ("live", "yes"),
            ("seen_from", "2026-03-01"),
        ];
        let page = staff.posts_with(&token, "/admin/users/bulk", &choice).await;
        assert!(page.must_be(200).body.contains("Force out 1 user?"), "{page:?}");
        assert!(page.body.contains("name=\"seen_from\" value=\"2026-03-01\""), "{page:?}");
        let page = staff.opens("/admin/users/bulk?action=force-logout&scope=matching&role=member&live=no").await;
        assert!(page.must_be(200).body.contains("Force out 1 user?"), "{page:?}");
        let wrong = [("action", "force-logout"), ("scope", "matching"), ("live", "maybe")];
        staff.posts_with(&token, "/admin/users/bulk", &wrong).await.must_be(400);
    }
}

#[rocket::async_test]
async fn after_page_400_the_list_asks_to_narrow_the_search() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for page in ["401", "4294967296", "99999999999999999999999999"] {
            let page = staff.opens(&format!("/admin/users?page={page}")).await;
            assert!(page.must_be(200).body.contains("narrow the search"), "{page:?}");
        }
        let page = staff.opens("/admin/users?page=400").await;
        assert!(!page.must_be(200).body.contains("narrow the search"), "{page:?}");
    }
}

#[rocket::async_test]
async fn hostile_text_is_shown_as_text() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let mut person = site.person(Role::Member).await;
        person.user_agent = format!("{{{{ 7 * 7 }}}}{HOSTILE}"); // a list shows its first characters
        person.logs_in().await.must_be(303);
        let mut pages = vec![person.opens("/account").await];
        let user = format!("/admin/users/{}", person.id);
        pages.push(staff.opens(&user).await);
        let fields = [("staff_reason", HOSTILE), ("user_reason", HOSTILE)];
        staff.posts(&format!("{user}/deactivate"), &fields).await.must_be(303);
        pages.push(staff.opens(&user).await);
        pages.push(staff.opens("/admin").await);
        let page = person.opens("/account").await;
        pages.push(person.opens(page.location()).await);
        pages.push(person.logs_in().await);
        for page in &pages {
            assert!(page.body.contains("&lt;script&gt;"), "it must be shown, escaped: {page:?}");
        }
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", HOSTILE).finish();
        pages.push(staff.opens(&format!("/admin/users?{query}")).await);
        for page in pages {
            for tag in ["<script>", "<img src=x"] {
                assert!(!page.body.contains(tag), "{tag}: {page:?}");
            }
            assert!(page.body.contains("{{ 7 * 7 }}"), "it must not run as a template: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn staff_act_on_members_only_and_nobody_deactivates_their_own_account() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, mut owner) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Superuser).await);
        let colleague = site.signed_in(Role::Staff).await;
        for target in [&colleague, &owner.clone()] {
            let page = staff.forces_out(target).await;
            assert!(page.must_be(403).body.contains("Staff act on members only"), "{page:?}");
            staff.deactivates(target, "").await.must_be(403);
        }
        for target in [&mut colleague.clone(), &mut owner] {
            assert!(target.is_logged_in().await);
        }
        owner.deactivates(&owner.clone(), "").await.must_be(403);
        let mut second = site.signed_in(Role::Superuser).await;
        second.deactivates(&owner, "").await.must_be(303);
        assert!(!owner.is_logged_in().await);
        second.deactivates(&second.clone(), "").await.must_be(403);
        assert!(second.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn the_page_announces_exactly_the_sessions_that_end() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let person = site.signed_in(Role::Member).await;
        person.another_browser().logs_in().await.must_be(303);
        let user = format!("/admin/users/{}", person.id);
        let page = staff.opens(&user).await;
        assert!(
            page.between("id=\"force-logout-effect\">", "</p>").is_some_and(|said| said.contains("2 sessions")),
            "{page:?}"
        );
        staff.forces_out(&person).await.must_lead_to(&user);
        let page = staff.opens(&user).await;
        assert!(page.body.contains("Force logout done: 2 sessions ended."), "{page:?}");
        let page = staff.opens(&user).await;
        assert!(!page.body.contains("Force logout done"), "shown only once");
    }
}

#[rocket::async_test]
async fn attempts_beyond_ones_role_are_recorded() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, mut member) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Member).await);
        let refused = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'refused'";
        member.opens("/account").await.must_be(200);
        assert_eq!(site.database.number(refused).await, 0);
        member.opens("/admin/events.csv?q=ana").await.must_be(403);
        let target = member.id;
        let token = staff.token.clone();
        let role = format!("/admin/users/{target}/role");
        staff.posts_with(&token, &role, &[("role", "staff")]).await.must_be(403);
        let token = member.token.clone();
        member.posts_with(&token, "/admin/users/bulk", &[]).await.must_be(403);
        assert_eq!(site.database.number(refused).await, 3);
        let details = site.database.texts("SELECT detail FROM curfew_events WHERE kind = 'refused' ORDER BY id").await;
        assert_eq!(details[0], "GET /admin/events.csv: their role does not allow it");
        assert_eq!(details[1], format!("POST {role}: their role does not allow it"));
        let subjects =
            site.database.texts("SELECT COALESCE(subject, '') FROM curfew_events WHERE kind = 'refused' ORDER BY id");
        assert_eq!(subjects.await, ["", member.name.as_str(), ""]);
    }
}
