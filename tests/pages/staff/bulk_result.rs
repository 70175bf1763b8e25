//! What the pages of a bulk action say before and after it: whom it affects, when, and how to undo it.

use chrono::TimeDelta;
use curfew::domain::people::role::Role;

use crate::harness::{
    page::Page,
    person::Person,
    site::{PASSWORD, Site},
    store::any_engine,
};

const BULK: &str = "/admin/users/bulk";

/// Posts the form of a page, with the values that its fields have, and with extra ones.
async fn sends(staff: &mut Person<'_>, page: &Page, typed: &[(&str, &str)]) -> Page {
    let hidden = page.hidden_fields(BULK);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.filter(|(name, _)| *name != "csrf_token").chain(typed.iter().copied()).collect();
    let token = page.csrf_token().expect("a token").to_owned();
    staff.posts_with(&token, BULK, &fields).await
}

async fn chooses(staff: &mut Person<'_>, action: &str, q: &str) -> Page {
    let page = staff.opens(&format!("{BULK}?action={action}&scope=matching&q={q}")).await;
    page.must_be(200);
    page
}

#[rocket::async_test]
async fn the_confirmation_lists_whom_it_affects_and_warns_about_staff_and_oneself() {
    let site = Site::on(any_engine()[0]).await;
    let mut root = site.signed_in(Role::Superuser).await;
    for n in 10..65 {
        site.named(&format!("spam{n}"), Role::Member).await;
    }
    site.named("spam-staff", Role::Staff).await;
    let page = chooses(&mut root, "force-logout", "spam").await;
    assert!(page.body.contains(">spam10</a>") && page.body.contains(">spam59</a>"), "{page:?}");
    assert!(!page.body.contains(">spam60</a>") && !page.body.contains("Your own account"), "{page:?}");
    assert!(page.body.contains("One of them is staff or a superuser:") && page.body.contains(">spam-staff</a>.</dd>"));
    let next = page.between("rel=\"next\" href=\"", "\"").expect("a next page");
    let next = next.replace("&amp;", "&").replace("&#x2F;", "/");
    let second = root.opens(&next).await;
    second.must_be(200);
    assert!(second.body.contains(">spam60</a>") && !second.body.contains(">spam10</a>"), "{second:?}");
    assert!(second.body.contains("Force out 56 users?"), "{second:?}");
    for wrong in ["0", "x", "401"] {
        root.opens(&format!("{BULK}?action=activate&scope=matching&page={wrong}")).await.must_be(400);
    }

    let page = chooses(&mut root, "force-logout", "").await;
    assert!(page.body.contains("Your own account is included."), "{page:?}");
    assert!(page.body.contains("name=\"keep_mine\" value=\"on\" checked"), "{page:?}");
    let done = sends(&mut root, &page, &[("confirm", "yes"), ("keep_mine", "on")]).await;
    done.must_be(303);
    root.opens(done.location()).await.must_be(200);
}

#[rocket::async_test]
async fn a_mistake_is_undone_for_exactly_these_users() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for n in 0..3 {
            site.named(&format!("reader{n}"), Role::Member).await;
        }
        let page = chooses(&mut staff, "deactivate", "reader").await;
        let typed = [("confirm", "yes"), ("staff_reason", "a wave of spam"), ("until", "2099-12-31T23:59")];
        let done = sends(&mut staff, &page, &typed).await;
        done.must_be(303);
        let result = staff.opens(done.location()).await;
        assert!(result.body.contains("Done: 3 users, 0 sessions ended."), "{result:?}");
        for text in [">reader0</a>", ">reader2</a>", "a wave of spam", "<dt>Until</dt>", "Activate these 3 again…"] {
            assert!(result.body.contains(text), "{text}: {result:?}");
        }
        let undone = sends(&mut staff, &result, &[("action", "activate")]).await;
        undone.must_be(200);
        assert!(undone.body.contains("Activate 3 users?"), "{undone:?}");
        sends(&mut staff, &undone, &[("confirm", "yes")]).await.must_be(303);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 0);

        let overview = staff.opens("/admin").await;
        let events = overview.between("<h2 id=\"events\">", "</section>").expect("the recent events");
        assert_eq!(events.matches(">Its users and their receipt</a>").count(), 2, "{events}");
        assert!(!events.contains(">Deactivated<") && events.contains(done.location()), "{events}");
        let all = staff.opens("/admin/events?q=reader0").await;
        assert!(all.body.contains(&format!("Part of <a href=\"{}\">", done.location())), "{all:?}");
    }
}

#[rocket::async_test]
async fn a_scheduled_force_logout_is_cancelled_for_exactly_these_users_until_it_is_due() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for n in 0..3 {
            site.named(&format!("reader{n}"), Role::Member).await;
        }
        let mut reader = site.named("reader-here", Role::Member).await;
        reader.logs_in().await.must_be(303);
        let page = chooses(&mut staff, "force-logout", "reader").await;
        let done = sends(&mut staff, &page, &[("confirm", "yes"), ("at", "2099-12-31T23:59")]).await;
        done.must_be(303);
        // Somebody has cancelled one of them since.
        let one = format!("/admin/users/{}/force-logout/cancel", site.id_of("reader0").await);
        staff.posts(&one, &[]).await.must_be(303);

        let result = staff.opens(done.location()).await;
        assert!(result.body.contains("Cancel the force logout of these 4 users…"), "{result:?}");
        let promise = sends(&mut staff, &result, &[("action", "cancel-force-logout")]).await;
        for words in ["Cancel the force logout of 3 users?", "1: no force logout is scheduled", "They stay logged in."]
        {
            assert!(promise.must_be(200).body.contains(words), "{words}: {promise:?}");
        }
        assert!(!promise.body.contains("Logins to end"), "{promise:?}");
        let undone = sends(&mut staff, &promise, &[("confirm", "yes"), ("staff_reason", "a mistake")]).await;
        let undone = staff.opens(undone.location()).await;
        assert!(undone.body.contains("Done: 3 users.") && !undone.body.contains("again…"), "{undone:?}");
        let left = "SELECT COUNT(*) FROM curfew_users WHERE force_logout_scheduled IS NOT NULL";
        assert_eq!(site.database.number(left).await, 0);
        let events =
            "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout-cancelled' AND staff_reason = 'a mistake'";
        assert_eq!(site.database.number(events).await, 3);
        assert!(reader.is_logged_in().await);

        let page = chooses(&mut staff, "force-logout", "reader").await;
        let done = sends(&mut staff, &page, &[("confirm", "yes")]).await;
        let result = staff.opens(done.location()).await;
        assert!(!result.body.contains("Cancel the force logout"), "what has ended stays ended: {result:?}");
    }
}

#[rocket::async_test]
async fn five_hundred_selected_users_survive_the_check_of_the_password() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        site.database
            .execute(
                "INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff,
                                           is_superuser, date_joined)
                 WITH RECURSIVE n (n) AS (SELECT 1000001 UNION ALL SELECT n + 1 FROM n WHERE n < 1000500)
                 SELECT 'reader' || n, 'reader' || n, 'reader' || n, 'reader' || n, 'none', TRUE, FALSE, FALSE, u.date_joined
                 FROM n CROSS JOIN curfew_users u",
            )
            .await;
        let ids = "SELECT CAST(id AS TEXT) FROM curfew_users WHERE username LIKE 'reader%'";
        let ids = site.database.texts(ids).await;
        let mut fields = vec![("action", "deactivate"), ("scope", "ids")];
        fields.extend(ids.iter().map(|id| ("id", id.as_str())));
        staff.opens("/admin/users").await;
        let token = staff.token.clone();
        site.shift_clock(TimeDelta::minutes(16));
        let sent = staff.posts_with(&token, BULK, &fields).await;
        let asked = staff.opens(sent.must_be(303).location()).await;
        assert!(asked.must_be(303).location().starts_with("/confirm?next="), "{asked:?}");
        let back = staff.posts(asked.location(), &[("password", PASSWORD)]).await;
        let page = staff.opens(back.must_be(303).location()).await;
        assert!(page.must_be(200).body.contains("Deactivate 500 users?"), "{page:?}");
        sends(&mut staff, &page, &[("confirm", "yes")]).await.must_be(303);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 500);
    }
}

#[rocket::async_test]
async fn a_time_that_is_wrong_is_shown_at_its_field_and_keeps_the_rest() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    site.named("reader", Role::Member).await;
    for (action, field, typed, error) in [
        ("force-logout", "at", "tomorrow", "Write the time like 2026-03-01T14:30 (UTC) or 2026-03-01T14:30:00+01:00."),
        ("deactivate", "until", "2001-01-01T00:00", "Choose a time in the future."),
    ] {
        let page = chooses(&mut staff, action, "reader").await;
        let refused = sends(&mut staff, &page, &[("confirm", "yes"), (field, typed), ("user_reason", "kept")]).await;
        refused.must_be(422);
        assert_eq!(refused.field_error(&format!("bulk-{field}")), Some(error));
        assert!(refused.body.contains("\nkept</textarea>"), "{refused:?}");
    }
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_bulk_actions").await, 0);

    // A past time ends only the logins before it, and the page counts again for it.
    let page = chooses(&mut staff, "force-logout", "reader").await;
    let again = sends(&mut staff, &page, &[("at", "2001-01-01T00:00")]).await;
    again.must_be(200);
    assert_eq!(again.value_in("bulk-at"), Some("2001-01-01T00:00"));
    let done = sends(&mut staff, &again, &[("confirm", "yes"), ("at", "2099-01-01T00:00")]).await;
    done.must_be(303);
    let scheduled = "SELECT COUNT(*) FROM curfew_users WHERE force_logout_scheduled IS NOT NULL";
    assert_eq!(site.database.number(scheduled).await, 1);
    let result = staff.opens(done.location()).await;
    assert!(result.body.contains("<dt>For</dt>") && !result.body.contains("Some changed"), "{result:?}");
    staff.opens(&format!("{}?page=x", done.location())).await.must_be(400);
}
