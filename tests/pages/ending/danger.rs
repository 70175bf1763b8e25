//! Roles and deletion: for superusers, with their password; and deleting one's own account.

use chrono::TimeDelta;
use curfew::domain::people::role::Role;

use crate::harness::{
    journeys::STAFF_REASON,
    page::Page,
    person::Person,
    site::{PASSWORD, Site},
    store::any_engine,
};

/// The reason that the login page gives for the ended login.
async fn end_reason(person: &mut Person<'_>) -> Option<String> {
    let page = person.opens("/account").await;
    let page = person.opens(page.must_be(303).location()).await;
    assert!(!page.body.contains(STAFF_REASON), "{page:?}");
    page.data_reason().map(str::to_owned)
}

fn has_danger(page: &Page) -> bool {
    page.must_be(200).body.contains("id=\"danger\"")
}

#[rocket::async_test]
async fn only_superusers_see_the_danger_zone_and_not_for_themselves() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, mut owner) = (site.signed_in(Role::Staff).await, site.signed_in(Role::Superuser).await);
        let member = site.person(Role::Member).await;
        let user = format!("/admin/users/{}", member.id);
        assert!(!has_danger(&staff.opens(&user).await));
        let page = owner.opens(&user).await;
        assert!(has_danger(&page) && page.body.contains("value=\"member\" selected"), "{page:?}");
        let own = format!("/admin/users/{}", owner.id);
        let page = owner.opens(&own).await;
        assert!(has_danger(&page) && !page.body.contains("id=\"role-password\""), "{page:?}");
    }
}

#[rocket::async_test]
async fn a_demotion_ends_the_logins_and_a_promotion_does_not() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut other) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let user = format!("/admin/users/{}", other.id);
        owner.gives_role(&other, "staff").await.must_lead_to(&user);
        let page = owner.opens(&user).await;
        assert!(page.body.contains("The role is now staff. No logins ended."), "{page:?}");
        other.opens("/admin").await.must_be(200);
        owner.gives_role(&other, "superuser").await.must_lead_to(&user);
        other.opens("/admin/force-logout").await.must_be(200);
        owner.gives_role(&other, "member").await.must_lead_to(&user);
        let page = owner.opens(&user).await;
        assert!(page.body.contains("The role is now member: 1 session ended."), "{page:?}");
        assert_eq!(end_reason(&mut other).await.as_deref(), Some("role-changed"));
        owner.gives_role(&other, "member").await.must_lead_to(&user);
        assert!(owner.opens(&user).await.body.contains("The role was already member."));
        other.logs_in().await.must_be(303);
        other.opens("/admin").await.must_be(403);
        let recorded = format!(
            "SELECT COUNT(*) FROM curfew_events WHERE kind = 'role-changed' AND actor = '{}' AND subject = '{}'",
            owner.name, other.name
        );
        assert_eq!(site.database.number(&recorded).await, 3);
    }
}

#[rocket::async_test]
async fn a_wrong_password_changes_nothing_and_the_form_keeps_its_values() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut other) = (site.signed_in(Role::Superuser).await, site.signed_in(Role::Member).await);
        let user = format!("/admin/users/{}", other.id);
        owner.opens(&user).await.must_be(200);
        let dump = site.database.dump_without_events().await;
        for password in ["", "not it at all"] {
            let page = owner.posts(&format!("{user}/role"), &[("role", "staff"), ("password", password)]).await;
            assert!(page.must_be(422).field_error("role-password").is_some(), "{page:?}");
            assert!(page.body.contains("value=\"staff\" selected"), "{page:?}");
            let fields = [("staff_reason", "Typed <b>once</b>"), ("password", password)];
            let page = owner.posts(&format!("{user}/delete"), &fields).await;
            assert!(page.must_be(422).field_error("delete-password").is_some(), "{page:?}");
            assert!(page.body.contains("Typed &lt;b&gt;once"), "{page:?}");
            let page = other.posts("/account/delete", &[("password", password)]).await;
            assert!(page.must_be(422).field_error("password").is_some(), "{page:?}");
        }
        assert_eq!(site.database.dump_without_events().await, dump);
        assert!(other.is_logged_in().await && owner.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_login_past_the_limits_of_a_new_role_ends_and_is_recorded() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut owner, mut other) = (site.person(Role::Superuser).await, site.signed_in(Role::Member).await);
        site.shift_clock(TimeDelta::hours(2));
        owner.logs_in().await.must_be(303);
        owner.gives_role(&other, "staff").await.must_be(303);
        let page = owner.opens(&format!("/admin/users/{}", other.id)).await;
        let expected = "The role is now staff. Its logins have a shorter lifetime: 1 session ended.";
        assert!(page.body.contains(expected), "{page:?}");
        assert!(!other.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn a_deleted_user_is_logged_out_and_the_events_keep_the_name() {
    let hostile = "<script>alert('x')</script>{{ 7 * 7 }}";
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        let mut zoe = site.named("zoe", Role::Member).await;
        zoe.logs_in().await.must_be(303);
        let user = format!("/admin/users/{}", zoe.id);
        let fields = [("staff_reason", hostile), ("password", PASSWORD)];
        owner.posts(&format!("{user}/delete"), &fields).await.must_lead_to("/admin/users");
        let page = owner.opens("/admin/users").await;
        assert!(page.body.contains("The account zoe has been deleted: 1 session ended."), "{page:?}");
        owner.opens(&user).await.must_be(404);
        assert_eq!(end_reason(&mut zoe).await.as_deref(), Some("deleted"));
        zoe.logs_in().await.must_be(422);
        let page = owner.opens("/admin").await;
        assert!(page.body.contains("Account deleted") && page.body.contains("zoe"), "{page:?}");
        // A list shows the first words of a reason, and the event's page all of them.
        assert!(!page.body.contains("<script>alert"), "{page:?}");
        let event = "SELECT id FROM curfew_events WHERE kind = 'deleted' AND subject = 'zoe'";
        let page = owner.opens(&format!("/admin/events/{}", site.database.number(event).await)).await;
        assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script>"), "{page:?}");
        let kept = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'deleted' AND subject = 'zoe'";
        assert_eq!(site.database.number(kept).await, 1);
        site.visitor().registers_as("zoe", "zoe@example.org", PASSWORD).await.must_lead_to("/account");
        assert!(!zoe.is_logged_in().await, "the name belongs to a new account; the old cookie must not log in");
    }
}

/// The number of logins that a form says it will end includes tokens.
#[rocket::async_test]
async fn every_preview_counts_sessions_and_tokens() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut zoe, mut owner) = (site.signed_in(Role::Member).await, site.signed_in(Role::Superuser).await);
        let user = format!("/admin/users/{}", zoe.id);
        zoe.program_with_token().await;
        zoe.program_with_jwt().await;
        zoe.another_browser().logs_in().await.must_be(303);
        for (path, promise) in [
            ("/account/password", "Ends your 1 other session and 2 tokens. You stay logged in here."),
            ("/account/delete", "You will be logged out here. This also ends your 1 other session and 2 tokens."),
        ] {
            let page = zoe.opens(path).await;
            assert!(page.must_be(200).body.contains(promise), "{path}: {page:?}");
        }
        for (path, promise) in [
            (user.clone(), "Ends 2 sessions and 2 tokens"),
            ("/admin/force-logout".to_owned(), "Ends 3 live sessions and 2 tokens."),
        ] {
            let page = owner.opens(&path).await;
            assert!(page.must_be(200).body.contains(promise), "{path}: {page:?}");
        }
        let promise = "With a lower role: <strong>Ends 2 sessions and 2 tokens</strong>.";
        assert!(!owner.opens(&user).await.body.contains("With a lower role: "), "a member cannot be demoted");
        owner.gives_role(&zoe, "staff").await.must_be(303);
        let page = owner.opens(&user).await;
        assert!(page.body.contains(promise), "{page:?}");
    }
}

#[rocket::async_test]
async fn deleting_ones_own_account_says_goodbye_and_ends_every_login() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut zoe = site.named("zoe", Role::Member).await;
        let mut phone = zoe.another_browser();
        zoe.logs_in().await.must_be(303);
        phone.logs_in().await.must_be(303);
        let page = zoe.opens("/account/delete").await;
        assert!(page.must_be(200).body.contains("This also ends your 1 other session."), "{page:?}");
        let page = zoe.deletes_own_account().await;
        page.must_lead_to("/");
        assert!(zoe.session_change(&page).is_some_and(|cookie| cookie.removes()));
        let page = zoe.opens("/").await;
        assert!(page.body.contains("Your account has been deleted") && page.body.contains("Goodbye"), "{page:?}");
        assert_eq!(end_reason(&mut phone).await.as_deref(), Some("deleted"));
        zoe.logs_in().await.must_be(422);
        let kept = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'deleted' AND actor = 'zoe' AND subject = 'zoe'";
        assert_eq!(site.database.number(kept).await, 1);
    }
}

#[rocket::async_test]
async fn nobody_locks_themselves_out_and_the_last_superuser_stays() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        let page = owner.opens("/account/delete").await;
        assert!(page.must_be(200).body.contains("This is the last superuser"), "{page:?}");
        let page = owner.deletes_own_account().await;
        page.must_be(422);
        let mut second = site.signed_in(Role::Superuser).await;
        for role in ["member", "staff", "superuser"] {
            let page = owner.gives_role(&owner.clone(), role).await;
            assert!(page.must_be(403).body.contains("You cannot do this to your own account"), "{page:?}");
        }
        owner.deletes(&owner.clone()).await.must_be(403);
        assert!(owner.is_logged_in().await);
        second.gives_role(&owner, "staff").await.must_be(303);
        assert!(!owner.is_logged_in().await);
        second.deletes_own_account().await.must_be(422);
        second.gives_role(&owner, "superuser").await.must_be(303);
        second.deletes_own_account().await.must_lead_to("/");
        let left = "SELECT COUNT(*) FROM curfew_users WHERE is_superuser AND is_active";
        assert_eq!(site.database.number(left).await, 1);
    }
}
