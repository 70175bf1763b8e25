//! Bulk actions on users, through the pages of staff.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use curfew::domain::people::role::Role;
use rocket::Route;

use crate::harness::{
    journeys::STAFF_REASON,
    page::Page,
    person::Person,
    site::{PASSWORD, Site},
    store::any_engine,
};

/// Posts the form of the users list, which leads to the confirmation page.
async fn chooses(staff: &mut Person<'_>, action: &str, people: &[&Person<'_>]) -> Page {
    staff.opens("/admin/users").await;
    let ids: Vec<String> = people.iter().map(|person| person.id.to_string()).collect();
    let mut fields = vec![("action", action), ("scope", "ids")];
    fields.extend(ids.iter().map(|id| ("id", id.as_str())));
    let token = staff.token.clone();
    staff.posts_with(&token, "/admin/users/bulk", &fields).await
}

/// Posts the form of a confirmation page, with extra fields.
async fn confirms(staff: &mut Person<'_>, page: &Page, typed: &[(&str, &str)]) -> Page {
    let hidden = page.hidden_fields("/admin/users/bulk");
    let mut fields: Vec<(&str, &str)> = hidden
        .iter()
        .filter(|(name, _)| name != "csrf_token")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.push(("confirm", "yes"));
    fields.extend(typed);
    let token = page.csrf_token().expect("a token").to_owned();
    staff.posts_with(&token, "/admin/users/bulk", &fields).await
}

#[rocket::async_test]
async fn the_selected_users_are_forced_out_as_the_page_announced() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let (mut ana, mut ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        let mut eve = site.signed_in(Role::Member).await;
        ben.program_with_jwt().await;
        let root = site.signed_in(Role::Superuser).await;
        let page = chooses(&mut staff, "force-logout", &[&ana, &ben, &root]).await;
        page.must_be(200);
        assert!(page.body.contains("Force out 2 users?"), "{page:?}");
        assert!(page.body.contains("<dt>Logins to end</dt><dd><strong>2 sessions and 1 token</strong>"), "{page:?}");
        assert!(page.body.contains("1: staff or superusers"), "{page:?}");
        ana.opens("/account").await.must_be(200);

        let typed = [("user_reason", "A list of passwords was found."), ("staff_reason", STAFF_REASON)];
        let done = confirms(&mut staff, &page, &typed).await;
        done.must_be(303);
        let result = staff.opens(done.location()).await;
        result.must_be(200);
        assert!(result.body.contains("Done: 2 users, 2 sessions and 1 token ended."), "{result:?}");
        for person in [&mut ana, &mut ben] {
            let out = person.opens("/account").await;
            out.must_be(303);
            let login = person.opens(out.location()).await;
            assert_eq!(login.data_reason(), Some("forced-out"));
            assert!(login.body.contains("A list of passwords was found."), "{login:?}");
        }
        eve.opens("/account").await.must_be(200);

        // A second click on the same page must not act again.
        let again = confirms(&mut staff, &page, &typed).await;
        again.must_be(303);
        assert_eq!(again.location(), done.location());
        let events = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout'";
        assert_eq!(site.database.number(events).await, 2);
    }
}

#[rocket::async_test]
async fn all_matching_users_are_deactivated_and_activated_again() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for n in 0..30 {
            site.named(&format!("spam{n}"), Role::Member).await;
        }
        let ham = site.named("ham", Role::Member).await;
        for (action, left) in [("deactivate", 2), ("activate", 32)] {
            let list = staff.opens("/admin/users?q=spam").await;
            assert!(list.body.contains(">All 30 matching users</option>"), "{list:?}");
            let token = staff.token.clone();
            let fields = [("action", action), ("scope", "matching"), ("q", "spam"), ("status", ""), ("role", "")];
            let page = staff.posts_with(&token, "/admin/users/bulk", &fields).await;
            page.must_be(200);
            assert!(page.body.contains(" 30 users?"), "{page:?}");
            let done = confirms(&mut staff, &page, &[]).await;
            done.must_be(303);
            assert_eq!(
                site.database.number("SELECT COUNT(*) FROM curfew_users WHERE is_active").await,
                left,
                "{action}"
            );
        }
        assert!(site.database.number(&format!("SELECT COUNT(*) FROM curfew_users WHERE id = {}", ham.id)).await == 1);
    }
}

#[rocket::async_test]
async fn a_change_since_the_confirmation_page_is_shown_and_nothing_happens() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, mut superuser) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Superuser).await);
        let (ana, ben) = (site.person(Role::Member).await, site.person(Role::Member).await);
        let page = chooses(&mut staff, "deactivate", &[&ana, &ben]).await;
        superuser.deactivates(&ana, "").await.must_be(303);
        let changed = confirms(&mut staff, &page, &[("staff_reason", "kept as it was typed")]).await;
        changed.must_be(200);
        assert!(changed.body.contains("Deactivate 1 user?"), "{changed:?}");
        assert!(
            changed.body.contains("nothing has been done yet") && changed.body.contains("Before, it was 2 users"),
            "{changed:?}"
        );
        assert!(changed.body.contains("kept as it was typed"), "{changed:?}");
        assert!(changed.body.contains("1: already deactivated"), "{changed:?}");
        confirms(&mut staff, &changed, &[]).await.must_be(303);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 2);
    }
}

/// On a busy site, others log in and out between the confirmation page and its button.
#[rocket::async_test]
async fn a_choice_of_users_who_are_logged_in_holds_while_others_come_and_go() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let (mut ana, mut ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        let [mut eve, mut fay, mut gus] =
            [site.person(Role::Member).await, site.person(Role::Member).await, site.person(Role::Member).await];
        staff.opens("/admin/users").await;
        let token = staff.token.clone();
        let choice = [("action", "force-logout"), ("scope", "matching"), ("live", "yes"), ("role", "member")];
        let page = staff.posts_with(&token, "/admin/users/bulk", &choice).await;
        assert!(page.must_be(200).body.contains("Force out 2 users?"), "{page:?}");
        assert!(page.body.contains("matched when this page was first shown: member, logged in."), "{page:?}");
        ana.posts("/logout", &[]).await.must_be(303);
        eve.logs_in().await.must_be(303);
        confirms(&mut staff, &page, &[]).await.must_be(303);
        ben.opens("/account").await.must_be(303);
        eve.opens("/account").await.must_be(200);

        // An address has no list. The page that asks again has one.
        let address = "/admin/users/bulk?action=force-logout&scope=matching&live=yes&role=member";
        let page = staff.opens(address).await;
        assert!(page.must_be(200).body.contains("Force out 1 user?"), "{page:?}");
        fay.logs_in().await.must_be(303);
        let changed = confirms(&mut staff, &page, &[]).await;
        assert!(changed.must_be(200).body.contains("nothing has been done yet"), "{changed:?}");
        assert!(changed.body.contains("Force out 2 users?"), "{changed:?}");
        gus.logs_in().await.must_be(303);
        confirms(&mut staff, &changed, &[]).await.must_be(303);
        for out in [&mut eve, &mut fay] {
            out.opens("/account").await.must_be(303);
        }
        gus.opens("/account").await.must_be(200);
    }
}

#[rocket::async_test]
async fn acting_on_oneself_is_announced_and_then_logs_out() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut root = site.signed_in(Role::Superuser).await;
        let myself = root.clone();
        let page = chooses(&mut root, "deactivate", &[&myself]).await;
        page.must_be(200);
        assert!(
            page.body.contains("you cannot lock yourself out") && !page.body.contains("name=\"confirm\""),
            "{page:?}"
        );
        let page = chooses(&mut root, "force-logout", &[&myself]).await;
        assert!(page.body.contains("you will be logged out"), "{page:?}");
        let done = confirms(&mut root, &page, &[]).await;
        done.must_be(303);
        let out = root.opens(done.location()).await;
        out.must_be(303);
        assert_eq!(root.opens(out.location()).await.data_reason(), Some("forced-out"));
    }
}

#[rocket::async_test]
async fn values_that_no_page_offers_are_refused() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    let id = site.person(Role::Member).await.id.to_string();
    staff.opens("/admin/users").await;
    let token = staff.token.clone();
    let good = [("action", "deactivate"), ("scope", "ids"), ("id", id.as_str()), ("q", ""), ("role", "")];
    for (name, wrong) in
        [("action", "delete"), ("action", ""), ("scope", "all"), ("scope", ""), ("id", "one"), ("id", "1.5")]
    {
        let fields: Vec<_> = good.iter().map(|(key, value)| (*key, if *key == name { wrong } else { value })).collect();
        staff.posts_with(&token, "/admin/users/bulk", &fields).await.must_be(400);
    }
    for (name, wrong) in [("status", "banned"), ("role", "owner"), ("q", "a\u{202e}b")] {
        let fields = [("action", "deactivate"), ("scope", "matching"), (name, wrong)];
        staff.posts_with(&token, "/admin/users/bulk", &fields).await.must_be(400);
    }
    // A mistyped or repeated filter would match more than intended.
    for wrong in [&[("joined_form", "2026-01-01")][..], &[("ids", "1")], &[("q", "a"), ("q", "b")]] {
        let fields = [&[("action", "deactivate"), ("scope", "matching")][..], wrong].concat();
        staff.posts_with(&token, "/admin/users/bulk", &fields).await.must_be(400);
    }
    for promised in ["", "x", "aaaaaaaaaaaaaaaa:1:1:0:0:0:0:0", "aaaaaaaaaaaaaaaa:1:1:0:0:0:0:0:0:0:0:0:0"] {
        let mut fields = good.to_vec();
        fields.extend([("confirm", "yes"), ("promised", promised)]);
        staff.posts_with(&token, "/admin/users/bulk", &fields).await.must_be(400);
    }
    let nobody = staff.posts_with(&token, "/admin/users/bulk", &[("action", "deactivate"), ("scope", "ids")]).await;
    nobody.must_be(422);
    assert!(nobody.body.contains("No users selected"), "{nobody:?}");
    let long = "x".repeat(501);
    let mut fields = good.to_vec();
    fields.push(("staff_reason", &long));
    let page = staff.posts_with(&token, "/admin/users/bulk", &fields).await;
    page.must_be(422);
    assert_eq!(page.field_error("bulk-staff_reason"), Some("A reason has at most 500 characters."));
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 0);
    staff.opens("/admin/bulk/aaaaaaaaaaaaaaaa").await.must_be(404);
    staff.opens("/admin/users/bulk?action=deactivate&scope=matching").await.must_be(200);
    staff.opens("/admin/users/bulk?action=deactivate&scope=ids").await.must_be(422);
    staff.opens(&format!("/admin/users/bulk?action=deactivate&scope=ids&ids={id}")).await.must_be(200);
    staff.opens("/admin/users/bulk?action=remove&scope=matching").await.must_be(400);
}

/// If the second value were ignored, an empty first one would mean all users. So a staff page that reads its query
/// asks for `NoRepeatedField`.
#[rocket::async_test]
async fn a_repeated_query_field_is_refused() {
    let site = Site::on(any_engine()[0]).await;
    let mut superuser = site.signed_in(Role::Superuser).await;
    let reads_its_address = |route: &&Route| route.uri.path().starts_with("/admin") && route.uri.query().is_some();
    let paths: BTreeSet<String> =
        site.routes().filter(reads_its_address).map(|route| route.uri.path().into()).collect();
    assert!(paths.contains("/admin/users/bulk") && paths.contains("/admin/events.csv"), "{paths:?}");
    for path in paths {
        for twice in ["q=&q=", "q[0]=a&q[1]=b", "%71=&q="] {
            assert_eq!(superuser.opens(&format!("{path}?{twice}")).await.status, 400, "{path}?{twice}");
        }
    }
    superuser.opens("/admin/users/bulk?scope=matching&action=deactivate&q=ana&q=ben").await.must_be(400);
}

#[rocket::async_test]
async fn without_a_recent_password_the_user_is_asked_and_returns_to_the_confirmation() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let ana = site.person(Role::Member).await;
        site.shift_clock(TimeDelta::minutes(16));
        let asked = chooses(&mut staff, "deactivate", &[&ana]).await;
        asked.must_be(303);
        let asked = staff.opens(asked.location()).await;
        asked.must_be(303);
        assert!(asked.location().starts_with("/confirm?next="), "{asked:?}");
        let proven = staff.posts(asked.location(), &[("password", PASSWORD)]).await;
        proven.must_be(303);
        let page = staff.opens(proven.location()).await;
        page.must_be(200);
        assert!(page.body.contains("Deactivate 1 user?"), "{page:?}");
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 0);

        // If the password check expires before the last click, the user is asked again and nothing happens.
        site.shift_clock(TimeDelta::minutes(16));
        let dawdled = confirms(&mut staff, &page, &[]).await;
        dawdled.must_be(303);
        assert!(dawdled.location().starts_with("/admin/users/bulk?"), "{dawdled:?}");
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 0);
    }
}
