//! Ending logins and forcing out their people, from the list of logins.

use chrono::TimeDelta;
use curfew::domain::people::role::Role;

use crate::harness::{
    journeys::STAFF_REASON,
    page::Page,
    person::Person,
    site::{PASSWORD, Site},
    store::any_engine,
};

const BULK: &str = "/admin/sessions/bulk";
const NETWORK: [(&str, &str); 2] = [("scope", "matching"), ("address", "203.0.113.0/24")];

/// Posts a form of the list of logins.
async fn chooses(staff: &mut Person<'_>, action: &str, fields: &[(&str, &str)]) -> Page {
    staff.opens("/admin/sessions").await.must_be(200);
    let token = staff.token.clone();
    let fields: Vec<_> = [("action", action)].into_iter().chain(fields.iter().copied()).collect();
    staff.posts_with(&token, BULK, &fields).await
}

/// Posts the form of a page that promises, with extra fields.
async fn sends(staff: &mut Person<'_>, page: &Page, action: &str, typed: &[(&str, &str)]) -> Page {
    let hidden = page.hidden_fields(action).into_iter().filter(|(name, _)| name != "csrf_token");
    let hidden: Vec<_> = hidden.map(|(name, value)| (name, value.replace("&#x2F;", "/"))).collect();
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain(typed.iter().copied()).collect();
    let token = page.csrf_token().expect("a token").to_owned();
    staff.posts_with(&token, action, &fields).await
}

async fn confirms(staff: &mut Person<'_>, page: &Page, typed: &[(&str, &str)]) -> Page {
    let typed: Vec<_> = typed.iter().copied().chain([("confirm", "yes")]).collect();
    sends(staff, page, BULK, &typed).await
}

/// Someone who logs in from this address.
async fn from<'s>(site: &'s Site, role: Role, address: &str) -> Person<'s> {
    let mut person = site.person(role).await;
    person.address = address.parse().expect("an address");
    person.logs_in().await.must_be(303);
    person
}

async fn ended(site: &Site) -> i64 {
    site.database.number("SELECT COUNT(*) FROM curfew_logins WHERE ended_at IS NOT NULL").await
}

async fn logins_of(site: &Site, person: &Person<'_>) -> Vec<String> {
    site.database.texts(&format!("SELECT id FROM curfew_logins WHERE user_id = {} ORDER BY id", person.id)).await
}

#[rocket::async_test]
async fn all_logins_of_one_network_end_as_the_page_promised() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut ana, mut ben) =
            (from(&site, Role::Member, "203.0.113.7").await, from(&site, Role::Member, "203.0.113.8").await);
        let mut elsewhere = ana.another_browser();
        elsewhere.address = "198.51.100.1".parse().expect("an address");
        elsewhere.logs_in().await.must_be(303);
        let mut root = from(&site, Role::Superuser, "203.0.113.9").await;
        let mut staff = site.signed_in(Role::Staff).await;

        let list = staff.opens("/admin/sessions?address=203.0.113.0/24").await;
        assert!(list.body.contains("Force out these 3 people…"), "{list:?}");
        assert!(list.body.contains("End these 3 logins…"), "{list:?}");
        let page = chooses(&mut staff, "end", &NETWORK).await;
        assert!(page.must_be(200).body.contains("<h1>End 2 logins of 2 people?</h1>"), "{page:?}");
        assert!(page.body.contains("1: of staff or superusers"), "{page:?}");
        assert!(page.body.contains("address “203.0.113.0&#x2F;24”"), "{page:?}");
        for person in [&ana, &ben] {
            assert!(page.body.contains(&format!(">{}</a>", person.name)), "{page:?}");
        }
        assert!(!page.body.contains(&format!(">{}</a>", root.name)), "{page:?}");
        assert_eq!(ended(&site).await, 0, "nothing happens before it is confirmed");

        let typed = [("user_reason", "Your login came from a hostile network."), ("staff_reason", STAFF_REASON)];
        let done = confirms(&mut staff, &page, &typed).await;
        let result = staff.opens(done.must_be(303).location()).await;
        for words in ["End logins of 2 users", "Done: 2 users, 2 sessions ended.", "1 login</dd>", "hostile network"] {
            assert!(result.must_be(200).body.contains(words), "{words}: {result:?}");
        }
        for (person, is_in) in [(&mut ana, false), (&mut ben, false), (&mut elsewhere, true), (&mut root, true)] {
            assert_eq!(person.is_logged_in().await, is_in, "{}", person.name);
        }
        let whole = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'bulk-action'";
        assert_eq!(site.database.number(whole).await, 1);
        let overview = staff.opens("/admin").await;
        let events = overview.between("<h2 id=\"events\">", "</section>").expect("the recent events");
        assert!(events.contains(done.location()) && !events.contains(">Session ended<"), "{events}");

        // A second click is the same action.
        let again = confirms(&mut staff, &page, &typed).await;
        assert_eq!(again.must_be(303).location(), done.location());
        assert_eq!((ended(&site).await, site.database.number(whole).await), (2, 1));
        ana.logs_in().await.must_be(303);
    }
}

#[rocket::async_test]
async fn who_logs_in_after_the_promise_stays_and_a_promise_that_no_longer_holds_is_renewed() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (ana, mut ben) =
            (from(&site, Role::Member, "203.0.113.7").await, from(&site, Role::Member, "203.0.113.8").await);
        let colleague = from(&site, Role::Staff, "203.0.113.9").await;
        let mut staff = site.signed_in(Role::Staff).await;
        let page = chooses(&mut staff, "end", &NETWORK).await;
        assert!(page.body.contains("Logins made after this page was loaded are not included."), "{page:?}");
        let mut later = ana.another_browser();
        later.logs_in().await.must_be(303);
        ben.opens("/account").await.must_be(200);
        ben.logs_out().await.must_be(303);
        let done = confirms(&mut staff, &page, &[]).await;
        let result = staff.opens(done.must_be(303).location()).await;
        assert!(result.body.contains("When you confirmed, it was 2 users with 2 sessions."), "{result:?}");
        assert!(later.is_logged_in().await);
        assert_eq!(ended(&site).await, 2, "one by its user and one by staff");

        let page = chooses(&mut staff, "end", &NETWORK).await;
        assert!(page.body.contains("<h1>End 1 login of 1 person?</h1>"), "{page:?}");
        site.database.execute(&format!("UPDATE curfew_users SET is_staff = FALSE WHERE id = {}", colleague.id)).await;
        let asked = confirms(&mut staff, &page, &[("staff_reason", "kept as it was typed")]).await;
        for words in ["nothing has been done yet", "<h1>End 2 logins of 2 people?</h1>", "kept as it was typed"] {
            assert!(asked.must_be(200).body.contains(words), "{words}: {asked:?}");
        }
        assert_eq!(ended(&site).await, 2);
        confirms(&mut staff, &asked, &[]).await.must_be(303);
        assert_eq!(ended(&site).await, 4);
        for promised in ["", "x", "aaaaaaaaaaaaaaaa:1:2", "aaaaaaaaaaaaaaaa:x:1:1:0:0:1:0:0:0:0:0"] {
            let fields = [NETWORK[0], NETWORK[1], ("confirm", "yes"), ("promised", promised)];
            chooses(&mut staff, "end", &fields).await.must_be(400);
        }
    }
}

#[rocket::async_test]
async fn the_people_of_the_logins_are_forced_out_everywhere() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = from(&site, Role::Member, "203.0.113.7").await;
        let mut elsewhere = ana.another_browser();
        elsewhere.address = "198.51.100.1".parse().expect("an address");
        elsewhere.logs_in().await.must_be(303);
        let (mut root, mut ben) =
            (from(&site, Role::Superuser, "203.0.113.9").await, site.signed_in(Role::Member).await);
        let mut staff = site.signed_in(Role::Staff).await;
        let marked = logins_of(&site, &ana).await;
        for fields in [NETWORK.to_vec(), vec![("scope", "ids"), ("id", &marked[0]), ("id", &marked[1])]] {
            let page = chooses(&mut staff, "force-logout", &fields).await;
            assert!(page.must_be(200).body.contains("Force out 1 user?"), "{page:?}");
            assert!(page.body.contains("<strong>2 sessions</strong>"), "{page:?}");
        }
        // Even a form that says it is confirmed is not done without a promise.
        let unseen = [NETWORK[0], NETWORK[1], ("confirm", "yes"), ("user_reason", "kept")];
        let page = chooses(&mut staff, "force-logout", &unseen).await;
        assert!(page.must_be(200).body.contains("\nkept</textarea>"), "{page:?}");
        assert!(page.body.contains("1: staff or superusers"), "{page:?}");
        let back = "<a href=\"&#x2F;admin&#x2F;sessions?address=203.0.113.0%2F24\">Back to the logins</a>";
        assert!(page.body.contains(back), "{page:?}");
        assert_eq!(ended(&site).await, 0);
        let done = sends(&mut staff, &page, "/admin/users/bulk", &[("confirm", "yes")]).await;
        let result = staff.opens(done.must_be(303).location()).await;
        assert!(result.body.contains("Done: 1 user, 2 sessions ended."), "{result:?}");
        assert!(!elsewhere.is_logged_in().await, "another address of the same user");
        assert!(ben.is_logged_in().await && root.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn each_row_has_a_box_and_a_button_where_staff_may_act() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut ana, mut colleague) = (site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await);
        let program = ana.program_with_token().await;
        let mut staff = site.signed_in(Role::Staff).await;
        let list = staff.opens("/admin/sessions?kind=token").await;
        let id = list.between("form=\"one\" name=\"id\" value=\"", "\"").expect("a button in the row").to_owned();
        assert!(list.body.contains(&format!("type=\"checkbox\" name=\"id\" value=\"{id}\"")), "{list:?}");
        let page = chooses(&mut staff, "end", &[("scope", "ids"), ("id", &id)]).await;
        assert!(page.must_be(200).body.contains("<h1>End 1 login of 1 person?</h1>"), "{page:?}");
        confirms(&mut staff, &page, &[]).await.must_be(303);
        assert!(!program.is_logged_in().await);
        assert!(ana.is_logged_in().await, "her browser stays");

        let list = staff.opens("/admin/sessions?state=all").await;
        let ids = logins_of(&site, &colleague).await;
        assert!(list.body.contains("End those that are live…") && !list.body.contains(&ids[0]), "{list:?}");
        let page = chooses(&mut staff, "end", &[("scope", "ids"), ("id", &ids[0])]).await;
        assert!(page.must_be(200).body.contains("This would end no logins."), "{page:?}");
        assert!(!page.body.contains("name=\"confirm\"") && page.body.contains("1: of staff or superusers"), "{page:?}");
        confirms(&mut staff, &page, &[]).await.must_be(303);
        assert!(colleague.is_logged_in().await);
        let refused = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'refused' AND detail LIKE 'bulk end-logins:%'";
        assert_eq!(site.database.number(refused).await, 1, "the attempt is recorded");
    }
}

#[rocket::async_test]
async fn staff_can_keep_the_login_that_they_are_using() {
    for engine in any_engine() {
        for keeps in [true, false] {
            let site = Site::on(engine).await;
            let (mut root, mut ana) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
            site.signed_in(Role::Staff).await;
            let page = chooses(&mut root, "end", &[("scope", "matching")]).await;
            for words in [
                "<h1>End 2 logins of 2 people?</h1>",
                "Your own login is chosen too.",
                "One of these people is staff or a superuser:",
                "name=\"keep_mine\" value=\"on\" checked",
            ] {
                assert!(page.must_be(200).body.contains(words), "{words}: {page:?}");
            }
            let typed: &[_] = if keeps { &[("keep_mine", "on")] } else { &[] };
            confirms(&mut root, &page, typed).await.must_be(303);
            assert_eq!((root.is_logged_in().await, ana.is_logged_in().await), (keeps, false));
            assert_eq!(ended(&site).await, if keeps { 2 } else { 3 });
        }
        let site = Site::on(engine).await;
        let mut root = site.signed_in(Role::Superuser).await;
        let mine = logins_of(&site, &root).await;
        let page = chooses(&mut root, "end", &[("scope", "ids"), ("id", &mine[0])]).await;
        assert!(page.must_be(200).body.contains("<h1>End your own login?</h1>"), "{page:?}");
        assert!(!page.body.contains("name=\"keep_mine\" value=\"on\" checked"), "it is what they chose: {page:?}");
        confirms(&mut root, &page, &[]).await.must_be(303);
        assert!(!root.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn without_a_recent_password_the_user_is_asked_and_returns_to_the_promise() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = from(&site, Role::Member, "203.0.113.7").await;
        let mut staff = site.signed_in(Role::Staff).await;
        site.shift_clock(TimeDelta::minutes(16));
        let marked = logins_of(&site, &ana).await;
        for fields in [NETWORK.to_vec(), vec![("scope", "ids"), ("id", &marked[0])]] {
            let asked = chooses(&mut staff, "end", &fields).await;
            let asked = staff.opens(asked.must_be(303).location()).await;
            assert!(asked.must_be(303).location().starts_with("/confirm?next="), "{asked:?}");
            let proven = staff.posts(asked.location(), &[("password", PASSWORD)]).await;
            let page = staff.opens(proven.must_be(303).location()).await;
            assert!(page.must_be(200).body.contains("<h1>End 1 login of 1 person?</h1>"), "{page:?}");
            site.shift_clock(TimeDelta::minutes(16));
            let dawdled = confirms(&mut staff, &page, &[]).await;
            assert!(dawdled.must_be(303).location().starts_with("/admin/sessions/bulk?action=end&"), "{dawdled:?}");
        }
        assert_eq!(ended(&site).await, 0);

        // As many as a page of the list can have selected.
        let ids: Vec<String> =
            (0..100).map(|n| format!("{}{n:04}", &marked[0][..12]).replace(['0', '1', '8', '9'], "a")).collect();
        let fields: Vec<_> = [("scope", "ids")].into_iter().chain(ids.iter().map(|id| ("id", id.as_str()))).collect();
        let asked = chooses(&mut staff, "end", &fields).await;
        let asked = staff.opens(asked.must_be(303).location()).await;
        let proven = staff.posts(asked.must_be(303).location(), &[("password", PASSWORD)]).await;
        assert!(proven.must_be(303).location().starts_with("/admin/sessions/bulk?"), "{proven:?}");
    }
}

#[rocket::async_test]
async fn nothing_selected_and_unknown_values_and_fields_are_refused() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    for action in ["end", "force-logout"] {
        let nothing = chooses(&mut staff, action, &[("scope", "ids")]).await;
        assert!(nothing.must_be(422).body.contains("No logins selected"), "{nothing:?}");
    }
    for fields in [
        &[("scope", "ids"), ("id", "x")][..],
        &[("scope", "everything")],
        &[("scope", "matching"), ("address", "192.0.2")],
        &[("scope", "matching"), ("kind", "tokens")],
        &[("scope", "matching"), ("adress", "192.0.2.7")],
        &[("scope", "matching"), ("q", "a"), ("q", "b")],
        &[("scope", "matching"), ("q[0]", "a")],
        &[("scope", "matching"), ("scope", "ids")],
        &[("scope", "matching"), ("login_from", "yesterday")],
        &[],
    ] {
        for action in ["end", "force-logout"] {
            chooses(&mut staff, action, fields).await.must_be(400);
        }
    }
    chooses(&mut staff, "remove", &[("scope", "matching")]).await.must_be(400);
    for query in ["action=end&scope=matching&adress=192.0.2.7", "action=end&scope=ids&ids=x", "scope=matching", ""] {
        staff.opens(&format!("{BULK}?{query}")).await.must_be(400);
    }
    staff.opens(&format!("{BULK}?action=end&scope=ids")).await.must_be(422);
    staff.opens(&format!("{BULK}?action=end&scope=matching&q=nobody")).await.must_be(200);
    let mut member = site.signed_in(Role::Member).await;
    member.opens("/account").await.must_be(200);
    let token = member.token.clone();
    member.posts_with(&token, BULK, &[("action", "end"), ("scope", "matching")]).await.must_be(403);
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_bulk_actions").await, 0);
}

#[rocket::async_test]
async fn templates_fill_in_the_reasons_without_scripts_and_hostile_texts_are_text() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let hostile = "<script>alert(1)</script>";
        site.database
            .execute(&format!(
                "INSERT INTO curfew_reason_templates (title, title_key, staff_reason, user_reason)
                 VALUES ('{hostile}', 'a', '{hostile} 1', '{hostile} 2')"
            ))
            .await;
        let mut ana = site.named("ana", Role::Member).await;
        hostile.clone_into(&mut ana.user_agent);
        ana.logs_in().await.must_be(303);
        let mut staff = site.signed_in(Role::Staff).await;
        let fields = [("scope", "matching"), ("q", "ana"), ("browser", hostile)];
        for (action, address, ids) in [("end", BULK, "end"), ("force-logout", "/admin/users/bulk", "bulk")] {
            let page = chooses(&mut staff, action, &fields[..2]).await;
            let filled = sends(&mut staff, &page, address, &[("template", "1"), ("fill", "yes")]).await;
            for reason in [
                "\n&lt;script&gt;alert(1)&lt;&#x2F;script&gt; 1</textarea>",
                "alert(1)&lt;&#x2F;script&gt; 2</textarea>",
            ] {
                assert!(filled.must_be(200).body.contains(reason), "{reason}: {filled:?}");
            }
            assert!(filled.body.contains(&format!("id=\"{ids}-template\"")), "{filled:?}");
            assert!(!page.body.contains("<script>alert") && !filled.body.contains("<script>alert"), "{filled:?}");
        }
        let page = chooses(&mut staff, "end", &fields).await;
        assert!(page.must_be(200).body.contains("browser “&lt;script&gt;"), "{page:?}");
        assert!(!page.body.contains("<script>alert"), "{page:?}");
        assert_eq!(ended(&site).await, 0);
    }
}
