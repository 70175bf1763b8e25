//! The finder of the staff pages.

use curfew::domain::people::role::Role;

use crate::harness::{page::Page, person::Person, site::Site, store::any_engine};

/// The list that the script shows for a text.
async fn part(staff: &mut Person<'_>, q: &str) -> Page {
    let page = staff.opens(&format!("/admin/find?q={q}&part=yes")).await;
    page.must_be(200);
    assert!(!page.body.contains("<html"), "only the list: {page:?}");
    page
}

/// Where the options of the list lead.
fn leads(page: &Page) -> Vec<String> {
    let addresses = page.body.split("data-href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    addresses.map(|address| address.replace("&#x2F;", "/")).collect()
}

#[rocket::async_test]
async fn the_field_is_on_every_staff_page_and_on_no_other() {
    let site = Site::on(any_engine()[0]).await;
    let (mut owner, mut staff) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Staff).await);
    let user = format!("/admin/users/{}", staff.id);
    let form = "action=\"/admin/find#force-out\"";
    for path in ["/admin", "/admin/users", &user, "/admin/sessions", "/admin/events", "/admin/find", "/admin/nowhere"] {
        assert!(staff.opens(path).await.body.contains(form), "{path}");
    }
    assert!(owner.opens("/admin/force-logout").await.must_be(200).body.contains(form));
    for path in ["/", "/account", "/account/sessions"] {
        assert!(!staff.opens(path).await.must_be(200).body.contains(form), "{path}");
    }
    let mut member = site.signed_in(Role::Member).await;
    assert!(!member.opens("/admin").await.must_be(403).body.contains(form));
}

#[rocket::async_test]
async fn users_are_found_with_their_live_count_and_the_way_to_force_them_out() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.named("ana", Role::Member).await;
        ana.logs_in().await.must_be(303);
        ana.another_browser().logs_in().await.must_be(303);
        let mut staff = site.signed_in(Role::Staff).await;
        let list = part(&mut staff, "AN").await;
        assert_eq!(leads(&list), [format!("/admin/users/{}#force-out", ana.id)], "{list:?}");
        for words in [">ana<", "ana@example.org", "2 sessions", "Force out"] {
            assert!(list.body.contains(words), "{words}: {list:?}");
        }
        let page = staff.opens("/admin/find?q=an").await;
        for words in [&format!("href=\"/admin/users/{}#force-out\"", ana.id), "2 sessions", "Found for “an”"] {
            assert!(page.must_be(200).body.contains(words), "{words}: {page:?}");
        }
        let page = staff.opens(&format!("/admin/users/{}", ana.id)).await;
        assert!(page.must_be(200).body.contains("id=\"force-out\""), "{page:?}");
    }
}

#[rocket::async_test]
async fn staff_are_not_offered_to_force_out_whom_they_may_not_act_on() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let boss = site.named("boss", Role::Superuser).await;
        let (mut staff, mut owner) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Superuser).await);
        let (plain, forced) = (format!("/admin/users/{}", boss.id), format!("/admin/users/{}#force-out", boss.id));
        let list = part(&mut staff, "boss").await;
        assert_eq!(leads(&list), std::slice::from_ref(&plain), "{list:?}");
        assert!(!list.body.contains("Force out"), "{list:?}");
        let page = staff.opens("/admin/find?q=boss").await;
        assert!(page.body.contains(&format!("\"{plain}\"")) && !page.body.contains(&forced), "{page:?}");
        assert_eq!(leads(&part(&mut owner, "boss").await), [forced]);
        // The page of forcing everyone out is for superusers only.
        assert!(leads(&part(&mut staff, "everyone").await).is_empty());
        assert_eq!(leads(&part(&mut owner, "everyone").await), ["/admin/force-logout"]);
    }
}

#[rocket::async_test]
async fn an_exact_hit_on_one_user_leads_to_the_page_if_the_form_was_sent() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.named("ana", Role::Member).await;
        site.named("anais", Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let user = format!("/admin/users/{}", ana.id);
        for q in ["ana", "%20ANA%20", "ana%40example.org", &ana.id.to_string()] {
            staff.opens(&format!("/admin/find?q={q}&go=yes")).await.must_lead_to(&user);
            staff.opens(&format!("/admin/find?q={q}")).await.must_be(200);
        }
        for q in ["an", "nobody", "", "99999999", "users"] {
            staff.opens(&format!("/admin/find?q={q}&go=yes")).await.must_be(200);
        }
    }
}

#[rocket::async_test]
async fn logins_addresses_and_pages_are_found() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.named("ana", Role::Member).await;
        ana.another_browser().logs_in().await.must_be(303);
        let session = site.database.texts("SELECT id FROM curfew_logins").await.remove(0);
        let mut staff = site.signed_in(Role::Staff).await;
        let list = part(&mut staff, &session).await;
        assert_eq!(leads(&list), [format!("/admin/users/{}", ana.id)], "{list:?}");
        for words in ["Session of ana", &ana.address.to_string(), "live"] {
            assert!(list.body.contains(words), "{words}: {list:?}");
        }
        for (q, address) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("2001:DB8::0:1", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            let list = part(&mut staff, q).await;
            assert_eq!(leads(&list), [format!("/admin/sessions?address={address}#force-out")], "{list:?}");
        }
        assert!(leads(&part(&mut staff, "192.0.2.300").await).is_empty());
        assert_eq!(leads(&part(&mut staff, "EVENT").await), ["/admin/events"]);
    }
}

#[rocket::async_test]
async fn every_page_that_the_finder_knows_exists() {
    let site = Site::on(any_engine()[0]).await;
    let mut owner = site.signed_in(Role::Superuser).await;
    // An empty text matches every page.
    let list = part(&mut owner, "").await;
    let pages = leads(&list);
    assert!(pages.len() > 8, "{pages:?}");
    for page in pages {
        owner.opens(&page).await.must_be(200);
    }
}

#[rocket::async_test]
async fn hostile_text_in_the_finder_is_text() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut person = site.named("ana", Role::Member).await;
        person.user_agent = "<script>alert(1)</script>\" onclick=\"x {{ 7 * 7 }}".to_owned();
        person.logs_in().await.must_be(303);
        // As a row from another program may have it.
        let hostile = "UPDATE curfew_users SET username = '<img src=x onerror=alert(1)>', email = '\"><script>alert(2)</script>' WHERE username = 'ana'";
        site.database.execute(hostile).await;
        let session = site.database.texts(&format!("SELECT id FROM curfew_logins WHERE user_id = {}", person.id)).await;
        let markup = "%3Cscript%3Ealert(3)%3C/script%3E%22%20autofocus%20%7B%7B7*7%7D%7D";
        let mut pages = Vec::new();
        for q in ["ana", &session[0], markup] {
            pages.push(part(&mut staff, q).await);
            pages.push(staff.opens(&format!("/admin/find?q={q}")).await);
        }
        for page in pages {
            for tag in ["<script>alert", "<img src=x", "\" onclick=", "\" autofocus"] {
                assert!(!page.must_be(200).body.contains(tag), "{tag}: {page:?}");
            }
        }
        for bad in ["q=%00", "q=a%E2%80%AEb", &format!("q={}", "a".repeat(255)), "q=a&q=b"] {
            staff.opens(&format!("/admin/find?{bad}")).await.must_be(400);
        }
    }
}
