//! Templates for reasons: superusers write them, staff choose from them.

use curfew::domain::people::role::Role;

use crate::harness::{page::Page, person::Person, site::Site, store::any_engine};

const TITLES: &str = "SELECT title FROM curfew_reason_templates ORDER BY id";
const EVENTS: &str =
    "SELECT kind || ' ' || detail || ' by ' || actor FROM curfew_events WHERE kind LIKE 'reason-%' ORDER BY id";

async fn adds(owner: &mut Person<'_>, title: &str, staff: &str, user: &str) -> Page {
    owner.posts("/admin/reasons", &[("title", title), ("staff_reason", staff), ("user_reason", user)]).await
}

/// The text in the field with this id.
fn text_in<'p>(page: &'p Page, id: &str) -> &'p str {
    let area = page.body.split(&format!("<textarea id=\"{id}\"")).nth(1).expect("the field");
    area.split_once(">\n").and_then(|(_, text)| text.split_once("</textarea>")).expect("its text").0
}

#[rocket::async_test]
async fn superusers_add_and_delete_templates_and_each_change_is_an_event() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.named("ada", Role::Superuser).await;
        owner.logs_in().await.must_be(303);
        adds(&mut owner, " Lost laptop ", "Ticket", "Your laptop was lost.\r\nCall us.")
            .await
            .must_lead_to("/admin/reasons");
        let page = owner.opens("/admin/reasons").await;
        for words in ["The template has been added.", ">Lost laptop<", "Your laptop was lost.\nCall us.", "Ticket"] {
            assert!(page.must_be(200).body.contains(words), "{words}: {page:?}");
        }
        let id = site.database.number("SELECT id FROM curfew_reason_templates").await;
        let delete = format!("/admin/reasons/{id}/delete");
        let token = owner.token.clone();
        owner.posts_with(&token, &delete, &[]).await.must_lead_to("/admin/reasons");
        assert!(owner.opens("/admin/reasons").await.body.contains("No templates yet."));
        owner.posts_with(&token, &delete, &[]).await.must_be(404);
        let events = [
            "reason-template-added \u{201c}Lost laptop\u{201d} by ada",
            "reason-template-deleted \u{201c}Lost laptop\u{201d} by ada",
        ];
        assert_eq!(site.database.texts(EVENTS).await, events);
    }
}

#[rocket::async_test]
async fn an_invalid_template_is_shown_again_and_not_stored() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        adds(&mut owner, "Lost", "Ticket", "").await.must_be(303);
        let long = "x".repeat(501);
        for (title, staff, user, field) in [
            ("", "a", "b", "title"),
            ("  ", "a", "b", "title"),
            (&*"x".repeat(61), "a", "b", "title"),
            ("a\u{202e}b", "a", "b", "title"),
            (" lOST ", "a", "b", "title"), // taken, in any case
            ("New", "", "", "user_reason"),
            ("New", &long, "", "staff_reason"),
            ("New", "", "a\u{0}b", "user_reason"),
        ] {
            let page = adds(&mut owner, title, staff, user).await;
            assert!(page.must_be(422).field_error(field).is_some(), "{title:?} {staff:?} {user:?}: {page:?}");
            assert_eq!(text_in(&page, "staff_reason"), staff);
        }
        assert_eq!(site.database.texts(TITLES).await, ["Lost"]);
        for number in 1..20 {
            adds(&mut owner, &format!("Title {number}"), "a", "b").await.must_be(303);
        }
        let page = adds(&mut owner, "One more", "a", "b").await;
        assert!(page.must_be(409).form_problem().is_some_and(|problem| problem.contains("20 templates")), "{page:?}");
        assert_eq!(page.value_in("title"), Some("One more"));
        assert_eq!(site.database.texts(TITLES).await.len(), 20);
    }
}

#[rocket::async_test]
async fn staff_fill_in_both_reasons_from_a_template_without_a_script() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut staff) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Staff).await);
        let mut ana = site.signed_in(Role::Member).await;
        let user = format!("/admin/users/{}", ana.id);
        assert!(!staff.opens(&user).await.body.contains("name=\"template\""), "there are none yet");
        adds(&mut owner, "Both", "Ticket 1", "Please call.").await.must_be(303);
        adds(&mut owner, "For the user", "", "Hello").await.must_be(303);
        let ids = site.database.texts("SELECT CAST(id AS TEXT) FROM curfew_reason_templates ORDER BY id").await;
        for (form, time) in [("force-logout", "at"), ("deactivate", "until")] {
            let page = staff.opens(&user).await;
            assert!(page.body.contains(&format!("<select id=\"{form}-template\" name=\"template\"")), "{page:?}");
            for (id, for_staff, for_user) in [(&ids[0], "Ticket 1", "Please call."), (&ids[1], "typed", "Hello")] {
                let fields = [
                    ("staff_reason", "typed"),
                    ("user_reason", "typed too"),
                    (time, "2099-01-01T00:00"),
                    ("template", id),
                    ("fill", "yes"),
                ];
                let page = staff.posts(&format!("{user}/{form}"), &fields).await;
                assert!(page.must_be(200).body.contains(&format!("<option value=\"{id}\" selected>")), "{page:?}");
                assert_eq!(text_in(&page, &format!("{form}-staff_reason")), for_staff);
                assert_eq!(text_in(&page, &format!("{form}-user_reason")), for_user);
                assert_eq!(page.value_in(&format!("{form}-{time}")), Some("2099-01-01T00:00"));
            }
            for id in ["", "0", "x", "99999999999999999999"] {
                let fields = [("staff_reason", "typed"), ("template", id), ("fill", "yes")];
                let page = staff.posts(&format!("{user}/{form}"), &fields).await;
                assert_eq!(text_in(page.must_be(200), &format!("{form}-staff_reason")), "typed");
            }
        }
        let fields = [("template", &*ids[0]), ("at", "2099-01-01T00:00"), ("fill", "yes")];
        let page = owner.posts("/admin/force-logout", &fields).await;
        assert_eq!(
            (text_in(page.must_be(200), "staff_reason"), page.value_in("at")),
            ("Ticket 1", Some("2099-01-01T00:00"))
        );
        assert!(ana.is_logged_in().await, "filling in a form does nothing else");
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind LIKE 'force-%' OR kind = 'deactivated'";
        assert_eq!(site.database.number(recorded).await, 0);
    }
}

#[rocket::async_test]
async fn hostile_templates_are_text() {
    const HOSTILE: &str = "</template><script>alert(1)</script>\" onfocus=\"x {{ 7 * 7 }}";
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, ana) = (site.signed_in(Role::Superuser).await, site.person(Role::Member).await);
        adds(&mut owner, HOSTILE, HOSTILE, HOSTILE).await.must_be(303);
        for path in ["/admin/reasons", &format!("/admin/users/{}", ana.id), "/admin/force-logout", "/admin/events"] {
            let page = owner.opens(path).await;
            assert!(page.must_be(200).body.contains("&lt;script&gt;alert(1)"), "it must be shown, escaped: {page:?}");
            assert!(page.body.contains("{{ 7 * 7 }}"), "{page:?}");
            for tag in ["<script>alert", "\" onfocus"] {
                assert!(!page.body.contains(tag), "{tag}: {page:?}");
            }
        }
    }
}
