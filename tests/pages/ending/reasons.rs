//! Why a login ended: shown as text and as a code, for every cause and on every page.

use curfew::{
    accounts::{Accounts, Actor, ForceLogoutMoment, Target},
    domain::{
        people::{
            password::{NewPassword, OwnNames},
            role::Role,
        },
        reason_text::{ReasonText, Reasons},
    },
};

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    person::Person,
    site::{Plan, Site},
    store::{any_engine, quick_or_soak},
};

/// Everything that ends a login from outside its browser: the code shown, and whether the user's reason is shown.
const CAUSES: &[(&str, bool)] = &[
    ("forced-out", true),
    ("everyone-out", true),
    ("deactivated", true),
    ("password-changed", false),
    ("role-changed", false),
    ("logged-out", false),
    ("deleted", false),
];

#[rocket::async_test]
async fn the_login_page_gives_the_reason_as_text_and_as_a_code() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for (code, has_reason) in CAUSES {
            let role = if *code == "role-changed" { Role::Staff } else { Role::Member };
            let mut person = site.signed_in(role).await;
            person.opens("/account").await.must_be(200);
            end(&site, code, &person).await;
            let page = person.opens("/account").await;
            page.must_lead_to("/login?next=%2Faccount");
            let page = person.opens(page.location()).await;
            assert_eq!(page.data_reason(), Some(*code), "{page:?}");
            assert_eq!(page.body.contains(USER_REASON), *has_reason, "{code}: {page:?}");
            // Neutral, because the role may be a higher one.
            let names_the_role = page.body.contains("The role of your account was changed");
            assert_eq!(names_the_role, *code == "role-changed", "{code}: {page:?}");
            assert!(!page.body.contains(STAFF_REASON) && !page.body.contains("4711"), "{code}: {page:?}");
            assert_eq!(person.opens("/login").await.data_reason(), None, "{code} is shown only once");
        }
    }
}

#[rocket::async_test]
async fn forcing_everyone_out_is_one_write_and_everyone_can_log_in_again() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let people = [Role::Member, Role::Member, Role::Staff, Role::Superuser];
        let mut browsers = Vec::new();
        for role in people {
            browsers.push(site.signed_in(role).await);
        }
        let sessions = site.database.texts("SELECT id FROM curfew_logins WHERE ended_at IS NULL ORDER BY id").await;
        end(&site, "everyone-out", &browsers[0]).await;
        let live = site.database.texts("SELECT id FROM curfew_logins WHERE ended_at IS NULL ORDER BY id").await;
        assert_eq!(live, sessions, "no session's row may change");
        for browser in &mut browsers {
            assert!(!browser.is_logged_in().await);
            browser.logs_in().await.must_lead_to("/account");
            assert!(browser.is_logged_in().await);
        }
    }
}

#[rocket::async_test]
async fn alternating_logins_and_force_logouts_are_always_judged_right() {
    for engine in any_engine() {
        // Right passwords count too, at ten times this limit.
        let mut plan = Plan::default();
        plan.settings.throttle_login.count = 1_000;
        let site = plan.on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        staff.opens("/account").await.must_be(200);
        let (token, mut person) = (staff.token.clone(), site.person(Role::Member).await);
        let address = format!("/admin/users/{}/force-logout", person.id);
        for turn in 0..quick_or_soak(100, 1_000) {
            person.logs_in().await.must_lead_to("/account");
            assert!(person.is_logged_in().await, "refused in turn {turn}");
            staff.posts_with(&token, &address, &[]).await.must_be(303);
            assert!(!person.is_logged_in().await, "accepted in turn {turn}");
        }
    }
}

/// Ends a person's logins for this reason.
async fn end(site: &Site, code: &str, person: &Person<'_>) {
    let (accounts, operator) = (site.accounts(), Actor::operator("test"));
    let (target, reasons) = (Target::Id(person.id), reasons());
    match code {
        "forced-out" => accounts.force_logout(&operator, &target, ForceLogoutMoment::Now, &reasons).await.map(drop),
        "everyone-out" => accounts.force_everyone_out(&operator, ForceLogoutMoment::Now, &reasons).await.map(drop),
        "deactivated" => accounts.deactivate(&operator, &target, None, &reasons).await.map(drop),
        "password-changed" => give_password(accounts, &operator, person).await,
        "role-changed" => accounts.set_role(&operator, &target, Role::Member).await.map(drop),
        "deleted" => accounts.delete_user(&operator, &target, &reasons).await.map(drop),
        "logged-out" => {
            person.clone().logs_out().await.must_be(303); // in another tab
            Ok(())
        }
        other => panic!("nothing ends a login for {other}"),
    }
    .expect("the end succeeds");
}

async fn give_password(accounts: &Accounts, operator: &Actor, person: &Person<'_>) -> curfew::accounts::Result<()> {
    let names = OwnNames { username: &person.name, email: &person.email, site_name: "" };
    let new = NewPassword::parse("a lamp at sea".to_owned(), names, 8).expect("a password");
    accounts.set_password(operator, &Target::Id(person.id), &new).await.map(drop)
}

fn reasons() -> Reasons {
    let reason = |text| ReasonText::parse(text).expect("a reason");
    Reasons { for_staff: reason(STAFF_REASON), for_user: reason(USER_REASON) }
}
