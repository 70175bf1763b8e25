//! The events list of staff.

use chrono::TimeDelta;
use curfew::{
    accounts::ChainKeys,
    domain::{event_kind::EventKind, people::role::Role},
    settings::{SecretKeys, SecretMaterial},
};

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    page::Page,
    person::Person,
    site::Site,
    store::any_engine,
};

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
/// Text from a hostile browser or a hostile colleague.
const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7 * 7 }}";

/// The events in the page.
fn events(page: &Page) -> Vec<&str> {
    page.must_be(200).body.split("<tr class=\"tone-").skip(1).collect()
}

fn labels(page: &Page) -> Vec<&str> {
    let labels = page.must_be(200).body.split("class=\"kind kind-").skip(1);
    labels.filter_map(|rest| rest.split("</svg>").nth(1)?.split('<').next()).collect()
}

/// The target of a link.
fn address(page: &Page, before: &str) -> String {
    let address = page.between(before, "\"").unwrap_or_else(|| panic!("no {before}: {page:?}"));
    address.replace("&#x2F;", "/").replace("&amp;", "&")
}

async fn forced_out<'s>(site: &'s Site, staff: &mut Person<'_>) -> Person<'s> {
    let mut ana = site.named("ana", Role::Member).await;
    DESKTOP.clone_into(&mut ana.user_agent);
    ana.logs_in().await.must_be(303);
    staff.forces_out(&ana).await.must_be(303);
    ana
}

#[rocket::async_test]
async fn staff_see_each_event_in_full() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let ana = forced_out(&site, &mut staff).await;
        let page = staff.opens("/admin/events").await;
        assert_eq!(
            labels(&page),
            ["Force logout", "Logged in", "Account created", "Logged in", "Account created"],
            "{page:?}"
        );
        assert!(page.body.contains("5 events, newest first"), "{page:?}");
        let (out, login) = (events(&page)[0], events(&page)[1]);
        let to_ana = format!("<a class=\"name\" href=\"/admin/users/{}\">ana</a>", ana.id);
        let to_staff = format!("<a class=\"name\" href=\"/admin/users/{}\">{}</a>", staff.id, staff.name);
        let words = ["1 session ended", "Force logout", STAFF_REASON, USER_REASON, &to_ana, &to_staff];
        for words in words.into_iter().chain([staff.address.to_string().as_str()]) {
            assert!(out.contains(words), "{words}: {out}");
        }
        let to_browser = "href=\"/admin/events?browser=Firefox%20145\"";
        let to_address = format!("href=\"/admin/events?address={}\"", ana.address);
        for words in [to_browser, &to_address, ">Firefox 145</a> on Windows"] {
            assert!(login.replace("&#x2F;", "/").contains(&words.replace("&#x2F;", "/")), "{words}: {login}");
        }
        assert!(page.body.contains("<a href=\"/admin/events\" aria-current=\"page\">Events</a>"), "{page:?}");
        assert!(staff.opens("/admin").await.body.contains("<a href=\"/admin/events\">All events</a>"));
    }
}

/// The page of the newest event of this kind.
async fn newest(site: &Site, staff: &mut Person<'_>, kind: &str) -> Page {
    let id = format!("SELECT id FROM curfew_events WHERE kind = '{kind}' ORDER BY id DESC LIMIT 1");
    let path = format!("/admin/events/{}", site.database.number(&id).await);
    let listed = staff.opens("/admin/events").await;
    assert!(listed.body.contains(&format!("href=\"{path}\"")), "{path}: {listed:?}");
    staff.opens(&path).await
}

#[rocket::async_test]
async fn the_page_of_an_event_has_all_that_is_kept_and_links_to_what_it_names() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let ana = forced_out(&site, &mut staff).await;
        let page = newest(&site, &mut staff, "force-logout").await;
        let out = page.must_be(200).body.replace("&#x2F;", "/");
        let at = "SELECT CAST(at AS TEXT) FROM curfew_events ORDER BY at DESC, id DESC LIMIT 1";
        let at = site.database.texts(at).await.remove(0);
        let fraction: String =
            at.split_once('.').map_or("000000", |(_, rest)| rest).chars().take_while(char::is_ascii_digit).collect();
        for words in [
            &format!(".{fraction:0<6} UTC"),
            "Force logout",
            "1 session ended",
            STAFF_REASON,
            USER_REASON,
            &format!("href=\"/admin/users/{}\">ana</a>", ana.id),
            &format!("href=\"/admin/events?user={}\"", ana.id),
            &format!("href=\"/admin/users/{}\">{}</a>", staff.id, staff.name),
            &format!("href=\"/admin/users/{}#sessions\">Session</a>", staff.id),
            "href=\"/admin/events?kind=force-logout\"",
            &format!("href=\"/admin/events?address={}\"", staff.address),
            "not linked yet",
        ] {
            assert!(out.contains(words), "{words}: {page:?}");
        }
        let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
        assert!(site.accounts().link_events(&ChainKeys::new(&keys)).await.expect("they are linked") >= 5);
        let page = newest(&site, &mut staff, "login").await;
        for words in [DESKTOP, "href=\"/admin/events?browser=Firefox%20145\"", "Ended", "Link "] {
            assert!(page.body.replace("&#x2F;", "/").contains(words), "{words}: {page:?}");
        }

        site.database.execute("DELETE FROM curfew_users WHERE username = 'ana'").await;
        site.accounts().erase_events_of_deleted().await.expect("they are erased");
        let logins = format!("DELETE FROM curfew_logins WHERE user_id = {}", ana.id);
        site.database.execute(&logins).await;
        let page = newest(&site, &mut staff, "force-logout").await;
        assert!(page.body.contains("<span class=\"name\">ana</span>"), "a deleted user must not be linked: {page:?}");
        let id = "SELECT id FROM curfew_events WHERE kind = 'login' AND subject = 'ana'";
        let page = staff.opens(&format!("/admin/events/{}", site.database.number(id).await)).await;
        for words in ["erased with the account", "no longer stored"] {
            assert!(page.must_be(200).body.contains(words), "{words}: {page:?}");
        }
        for id in ["0", "-1", "999999", "99999999999999999999", "ana"] {
            assert_eq!(staff.opens(&format!("/admin/events/{id}")).await.status, 404, "{id}");
        }
    }
}

#[rocket::async_test]
async fn an_address_a_network_and_a_browser_filter_the_list_and_each_column_sorts_it() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let ana = forced_out(&site, &mut staff).await;
        let every = ["Account created", "Account created", "Logged in", "Logged in", "Force logout"];
        for (query, expected) in [
            (format!("address={}", ana.address), vec!["Logged in"]),
            ("address=10.1.0.0/16&kind=login".to_owned(), vec!["Logged in", "Logged in"]),
            ("address=2001:db8::/32".to_owned(), vec![]),
            ("browser=firefox%20145".to_owned(), vec!["Logged in"]),
            ("browser=Opera".to_owned(), vec![]),
            ("sort=kind&kind=login".to_owned(), vec!["Logged in", "Logged in"]),
            ("sort=-kind".to_owned(), every.to_vec()),
            ("sort=-address&address=10.0.0.0/8".to_owned(), vec!["Logged in", "Force logout", "Logged in"]),
        ] {
            let page = staff.opens(&format!("/admin/events?{query}")).await;
            assert_eq!(labels(&page), expected, "{query}: {page:?}");
        }
        let page = staff.opens("/admin/events?address=10.1.0.0/16&sort=address&q=a").await;
        assert_eq!(page.value_in("address"), Some("10.1.0.0&#x2F;16"));
        assert!(page.body.contains("<input type=\"hidden\" name=\"sort\" value=\"address\">"), "{page:?}");
        let reversed = address(&page, "aria-sort=\"ascending\">\n  <a href=\"");
        assert_eq!(reversed, "/admin/events?q=a&address=10.1.0.0%2F16&sort=-address");
        let file = address(&page, "class=\"button\" href=\"");
        assert_eq!(file, "/admin/events.csv?q=a&address=10.1.0.0%2F16");
        let file = staff.opens("/admin/events.csv?address=10.1.0.0/16&kind=login").await;
        assert_eq!(file.must_be(200).body.lines().count(), 3, "{file:?}");

        let page = staff.opens("/admin/events?address=192.0.2&q=ana&sort=address").await;
        assert!(page.field_error("address").is_some_and(|error| error.ends_with('.')), "{page:?}");
        assert_eq!((page.value_in("address"), page.value_in("q")), (Some("192.0.2"), Some("ana")), "nothing is lost");
        assert!(page.title().starts_with("Error: "), "{}", page.title());
    }
}

#[rocket::async_test]
async fn the_search_finds_any_part_of_actor_or_subject_in_any_case() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.named("Žofie", Role::Staff).await;
        staff.logs_in().await.must_be(303);
        forced_out(&site, &mut staff).await;
        for (q, count) in
            [("ana", 3), ("NA", 3), ("%C5%BDOFIE", 3), ("ofi", 3), ("a", 4), ("%20ana%20", 3), ("command", 2)]
        {
            let page = staff.opens(&format!("/admin/events?q={q}")).await;
            assert_eq!(events(&page).len(), count, "{q}: {page:?}");
        }
        for q in ["nobody", "%25", "_", "ana%0A"] {
            let page = staff.opens(&format!("/admin/events?q={q}")).await;
            let is_trimmed = q == "ana%0A";
            assert_eq!(page.must_be(200).body.contains("No events found"), !is_trimmed, "{q}: {page:?}");
        }
        assert_eq!(staff.opens("/admin/events?q=nobody").await.value_in("q"), Some("nobody"));
    }
}

#[rocket::async_test]
async fn a_kind_and_a_period_filter_the_list_and_both_days_are_included() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        forced_out(&site, &mut staff).await;
        let page = staff.opens("/admin/events?kind=force-logout").await;
        assert_eq!(labels(&page), ["Force logout"]);
        assert!(page.body.contains("<option value=\"force-logout\" selected>"), "{page:?}");
        for kind in EventKind::ALL {
            staff.opens(&format!("/admin/events?kind={}", kind.code())).await.must_be(200);
        }
        site.database.execute("UPDATE curfew_events SET at = '2026-03-01T00:00:00+00:00' WHERE kind = 'login'").await;
        site.database
            .execute("UPDATE curfew_events SET at = '2026-03-02T23:59:59.999999+00:00' WHERE kind = 'force-logout'")
            .await;
        for (period, count) in [
            ("from=2026-03-01&to=2026-03-01", 2),
            ("from=2026-03-01&to=2026-03-02", 3),
            ("from=2026-03-02&to=2026-03-02", 1),
            ("from=2026-03-02", 3),
            ("to=2026-02-28", 0),
            ("from=2026-03-02&to=2026-03-01", 0),
            ("from=2026-03-01&to=2026-03-01&kind=force-logout", 0),
            ("from=2026-03-01&to=2026-03-01&q=ana", 1),
        ] {
            let page = staff.opens(&format!("/admin/events?{period}")).await;
            assert_eq!(events(&page).len(), count, "{period}: {page:?}");
        }
        let page = staff.opens("/admin/events?from=2026-03-01&to=2026-03-02").await;
        assert_eq!((page.value_in("from"), page.value_in("to")), (Some("2026-03-01"), Some("2026-03-02")));
    }
}

#[rocket::async_test]
async fn a_users_page_links_to_the_events_of_that_user_only() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let ana = forced_out(&site, &mut staff).await;
        site.named("banana", Role::Member).await.logs_in().await.must_be(303);
        let page = staff.opens(&format!("/admin/users/{}", ana.id)).await;
        let link = format!("/admin/events?user={}", ana.id);
        assert!(page.body.contains(&format!("href=\"{link}\"")), "{page:?}");
        let page = staff.opens(&link).await;
        assert_eq!(labels(&page), ["Force logout", "Logged in", "Account created"], "{page:?}");
        assert!(page.body.contains(&format!("name=\"user\" value=\"{}\"", ana.id)), "{page:?}");
        assert_eq!(labels(&staff.opens(&format!("{link}&kind=login")).await), ["Logged in"]);

        site.database.execute("DELETE FROM curfew_users WHERE username = 'ana'").await;
        let page = staff.opens(&link).await;
        assert_eq!(events(&page).len(), 3, "{page:?}");
        assert!(page.body.contains("a deleted account"), "{page:?}");
        assert!(
            !page.body.contains(&format!("/admin/users/{}\"", ana.id)),
            "a deleted user must not be linked: {page:?}"
        );
    }
}

#[rocket::async_test]
async fn paging_links_keep_the_search() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.named("ana", Role::Member).await;
        for _ in 0..26 {
            ana.another_browser().logs_in().await.must_be(303);
        }
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens("/admin/events?q=ana&kind=login&to=&user=").await;
        assert_eq!(events(&page).len(), 25);
        let next = address(&page, "rel=\"next\" href=\"");
        assert_eq!(next, "/admin/events?q=ana&kind=login&page=2");
        assert_eq!(address(&page, "class=\"button\" href=\""), "/admin/events.csv?q=ana&kind=login");
        let page = staff.opens(&next).await;
        assert_eq!(events(&page).len(), 1);
        assert_eq!(address(&page, "rel=\"prev\" href=\""), "/admin/events?q=ana&kind=login");
        assert!(!page.body.contains("rel=\"next\""), "{page:?}");
        let page = staff.opens("/admin/events?page=9").await;
        assert!(page.must_be(200).body.contains("The list ends before this page."), "{page:?}");
        for number in ["401", "99999999999999999999999999"] {
            let page = staff.opens(&format!("/admin/events?page={number}")).await;
            assert!(page.must_be(200).body.contains("narrow the search"), "{page:?}");
            assert!(page.body.contains("page=400"), "a link back: {page:?}");
        }
        assert!(!staff.opens("/admin/events?page=400").await.must_be(200).body.contains("narrow the search"));
    }
}

#[rocket::async_test]
async fn unknown_query_values_are_bad_requests() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    let long = format!("q={}", "a".repeat(255));
    for path in ["/admin/events", "/admin/events.csv"] {
        for words in [
            "kind=banned",
            "kind=Login",
            "kind=login%20",
            "from=2026-02-30",
            "from=2026-3-1",
            "to=yesterday",
            "to=2026-03-01 00:00",
            "user=ana",
            "user=-1",
            "user=99999999999999999999",
            "page=0",
            "page=-1",
            "page=x",
            "q=%00",
            "q=a%E2%80%AEb",
            "browser=a%00b",
            "sort=at",
            "sort=--time",
            "address=192.0.2",
            "address=192.0.2.0/33",
            "address=%00",
            "unknown=1",
            "Kind=login",
            "address[]=192.0.2.1",
            &long,
        ] {
            let page = staff.opens(&format!("{path}?{words}")).await;
            assert_eq!(page.status, 400, "{path}?{words}: {page:?}");
        }
        for words in ["", "q=&kind=&from=&to=&user=&address=&browser=&sort=&page="] {
            staff.opens(&format!("{path}?{words}")).await.must_be(200);
        }
    }
}

#[rocket::async_test]
async fn hostile_text_is_shown_as_text() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let mut person = site.person(Role::Member).await;
        person.user_agent = HOSTILE.to_owned();
        person.logs_in().await.must_be(303);
        let fields = [("staff_reason", HOSTILE), ("user_reason", HOSTILE)];
        staff.posts(&format!("/admin/users/{}/force-logout", person.id), &fields).await.must_be(303);
        // Invalid names that only SQL can insert.
        let quoted = HOSTILE.replace('\'', "''");
        let columns = ["actor", "subject", "reason", "detail", "address", "kind"];
        let set = columns.map(|column| format!("{column} = '{quoted}'")).join(", ");
        site.database.execute(&format!("UPDATE curfew_events SET {set} WHERE kind = 'force-logout'")).await;
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", HOSTILE).finish();
        let id = site.database.number("SELECT id FROM curfew_events WHERE kind LIKE '<script>%'").await;
        for path in ["/admin/events", "/admin", &format!("/admin/events?{query}"), &format!("/admin/events/{id}")] {
            let page = staff.opens(path).await;
            assert!(page.must_be(200).body.contains("&lt;script&gt;"), "it must be shown, escaped: {page:?}");
            for tag in ["<script>", "<img src=x"] {
                assert!(!page.body.contains(tag), "{path}: {tag}: {page:?}");
            }
            assert!(page.body.contains("{{ 7 * 7 }}"), "it must not run as a template: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn purged_events_are_not_shown() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        site.signed_in(Role::Member).await;
        site.shift_clock(TimeDelta::days(401));
        let mut staff = site.signed_in(Role::Staff).await;
        assert_eq!(events(&staff.opens("/admin/events").await).len(), 4);
        assert_eq!(site.accounts().purge_events().await.expect("they are purged"), 2);
        assert_eq!(events(&staff.opens("/admin/events").await).len(), 2);
    }
}

#[rocket::async_test]
async fn a_flood_of_refused_requests_is_shown_with_its_count() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut ana = site.named("ana", Role::Member).await;
        ana.logs_in().await.must_be(303);
        let path = format!("/admin/users/{}", staff.id);
        for _ in 0..30 {
            ana.opens(&path).await.must_be(403);
        }
        assert_eq!(events(&staff.opens("/admin/events?kind=refused").await).len(), 1);
        site.shift_clock(TimeDelta::minutes(11));
        assert_eq!(site.accounts().write_counted_acts().await.expect("an answer"), 1);
        for page in ["/admin/events?kind=refused", &path] {
            let page = staff.opens(page).await;
            assert_eq!(labels(&page).iter().filter(|label| **label == "Refused").count(), 2, "{page:?}");
            assert_eq!(page.body.matches("29 times").count(), 1, "{page:?}");
        }
        let file = staff.opens("/admin/events.csv?kind=refused").await;
        let lines: Vec<_> = file.must_be(200).body.lines().collect();
        assert!(lines[1].ends_with("; 29 times") && lines[2].ends_with("their role does not allow it"), "{file:?}");
    }
}
