//! The logins of the whole site, as staff see them.

use chrono::TimeDelta;
use curfew::domain::{people::role::Role, reason_text::Reasons};

use crate::harness::{page::Page, person::Person, site::Site, store::any_engine};

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// The rows of the list in the page.
fn rows(page: &Page) -> Vec<&str> {
    page.must_be(200).body.split("<tr").skip(2).collect()
}

/// The rows that link to this person's page.
fn rows_of<'p>(page: &'p Page, person: &Person<'_>) -> Vec<&'p str> {
    let link = format!("href=\"users/{}\"", person.id);
    rows(page).into_iter().filter(|row| row.contains(&link)).collect()
}

async fn logged_in_on<'s>(site: &'s Site, name: &str, user_agent: &str) -> Person<'s> {
    let mut person = site.named(name, Role::Member).await;
    user_agent.clone_into(&mut person.user_agent);
    person.logs_in().await.must_be(303);
    person
}

#[rocket::async_test]
async fn staff_see_who_is_logged_in_where() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = logged_in_on(&site, "ana", DESKTOP).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin/sessions").await;
        assert_eq!(rows(&page).len(), 2, "{page:?}");
        assert!(rows(&page)[0].contains("this is you"), "the newest login comes first, and is marked: {page:?}");
        let of_ana = rows_of(&page, &ana);
        let address = format!("{}</a> <a ", ana.address);
        for words in [&*address, ">Firefox 145</a> on Windows</td><td></td>", ">ana</a>"] {
            assert!(of_ana[0].contains(words), "{words}: {of_ana:?}");
        }
        assert_eq!(page.body.matches("this is you").count(), 1);
        assert!(page.body.contains("2 live logins"), "{page:?}");
        assert!(!page.body.contains(&ana.email), "{page:?}");
        assert!(page.body.contains("<a href=\"/admin/sessions\" aria-current=\"page\">Logins</a>"), "{page:?}");
    }
}

#[rocket::async_test]
async fn only_live_sessions_are_shown_by_default() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut gone, mut idle) = (logged_in_on(&site, "gone", DESKTOP).await, site.signed_in(Role::Member).await);
        let out = site.signed_in(Role::Member).await;
        gone.opens("/account").await.must_be(200);
        gone.logs_out().await.must_be(303);
        site.shift_clock(TimeDelta::days(4));
        let mut superuser = site.signed_in(Role::Superuser).await;
        superuser.opens("/account").await.must_be(200);
        superuser.forces_out(&out).await.must_be(303);
        for words in ["", "?state=live", "?q=&state=&page="] {
            let page = superuser.opens(&format!("/admin/sessions{words}")).await;
            assert_eq!(rows(&page).len(), 1, "{words}: {page:?}");
        }

        let page = superuser.opens("/admin/sessions?state=all").await;
        assert_eq!(rows(&page).len(), 4, "{page:?}");
        assert!(page.body.contains("4 logins"), "{page:?}");
        for (person, why) in [(&gone, "Logged out"), (&idle, "Unused for too long"), (&out, "Forced out")] {
            let row = rows_of(&page, person)[0];
            assert!(row.contains("is-over") && !row.contains("<b>live</b>"), "{row}");
            assert!(row.contains(&why.to_lowercase()), "{why}: {row}");
        }
        assert!(!idle.is_logged_in().await);

        site.database.execute("DELETE FROM curfew_users WHERE username = 'gone'").await;
        let page = superuser.opens("/admin/sessions?state=all").await;
        assert_eq!(rows(&page).len(), 4, "{page:?}");
        assert!(page.body.contains("deleted account"), "{page:?}");
    }
}

#[rocket::async_test]
async fn after_everyone_is_forced_out_no_session_is_shown_as_live() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = logged_in_on(&site, "ana", DESKTOP).await;
        let out = curfew::accounts::ForceLogoutMoment::Now;
        let operator = curfew::accounts::Actor::operator("test");
        site.accounts().force_everyone_out(&operator, out, &Reasons::default()).await.expect("everyone is forced out");
        let mut staff = site.signed_in(Role::Staff).await;
        assert_eq!(rows(&staff.opens("/admin/sessions").await).len(), 1);
        assert_eq!(rows_of(&staff.opens("/admin/sessions?state=all").await, &ana).len(), 1);
    }
}

#[rocket::async_test]
async fn the_search_finds_any_part_of_a_username_or_email_in_any_case() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = logged_in_on(&site, "Ana.Lima", DESKTOP).await;
        logged_in_on(&site, "ben", DESKTOP).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for q in ["lima", "ANA", "a.l", "ana.lima%40EXAMPLE", "%20lima%20"] {
            let page = staff.opens(&format!("/admin/sessions?q={q}")).await;
            assert_eq!((rows(&page).len(), rows_of(&page, &ana).len()), (1, 1), "{q}: {page:?}");
        }
        for q in ["nobody", "%25", "_"] {
            let page = staff.opens(&format!("/admin/sessions?q={q}")).await;
            assert!(page.must_be(200).body.contains("No live logins found"), "{q}: {page:?}");
        }
        let page = staff.opens("/admin/sessions?state=all&q=nobody").await;
        assert!(page.must_be(200).body.contains("No logins found"), "{page:?}");
        assert_eq!(page.value_in("q"), Some("nobody"));
        assert!(page.body.contains("<option value=\"all\" selected>"), "{page:?}");
    }
}

#[rocket::async_test]
async fn paging_links_keep_the_search() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = logged_in_on(&site, "ana", DESKTOP).await;
        for _ in 0..26 {
            ana.another_browser().logs_in().await.must_be(303);
        }
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin/sessions?state=all&q=ana").await;
        assert_eq!(rows(&page).len(), 20);
        assert!(page.body.contains("27 logins"), "{page:?}");
        let next = page.between("rel=\"next\" href=\"", "\"").expect("a next page");
        let next = next.replace("&#x2F;", "/").replace("&amp;", "&");
        assert_eq!(next, "/admin/sessions?q=ana&state=all&page=2");
        let page = staff.opens(&next).await;
        assert_eq!(rows(&page).len(), 7);
        assert!(page.body.contains("rel=\"prev\"") && !page.body.contains("rel=\"next\""), "{page:?}");
        let page = staff.opens("/admin/sessions?page=3").await;
        assert!(page.must_be(200).body.contains("The list ends before this page."), "{page:?}");
        let page = staff.opens("/admin/sessions?page=401").await;
        assert!(page.must_be(200).body.contains("narrow the search"), "{page:?}");
        assert!(page.body.contains("page=400"), "a link back: {page:?}");
    }
}

#[rocket::async_test]
async fn unknown_query_values_are_bad_requests() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    let long = "a".repeat(255);
    for words in [
        "state=ended",
        "state=Live",
        "kind=tokens",
        "sort=id",
        "sort=--login",
        "per_page=25",
        "adress=192.0.2.7",
        "address=192.0.2",
        "address=192.0.2.0/33",
        "browser=%00",
        "login_from=yesterday",
        "seen_to=2026-02-30",
        "q=a&q=b",
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "q=%00",
        &format!("q={long}"),
    ] {
        staff.opens(&format!("/admin/sessions?{words}")).await.must_be(400);
    }
}

#[rocket::async_test]
async fn user_supplied_text_is_escaped_in_the_list() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        logged_in_on(&site, "ana", "<script>alert(1)</script>\" onmouseover=\"x").await;
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin/sessions?q=%22%3E%3Cscript%3Ealert(2)%3C/script%3E&state=all").await;
        assert!(!page.must_be(200).body.contains("<script>alert"), "{page:?}");
        let page = staff.opens("/admin/sessions").await;
        assert!(page.must_be(200).body.contains("&lt;script&gt;alert(1)"), "{page:?}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("\" onmouseover"), "{page:?}");
    }
}
