//! Logging in: with which names, for how long, where it leads, and what it says to whom.

use curfew::{
    domain::people::role::Role,
    settings::{SecretKeys, SecretMaterial},
};

use crate::harness::{
    journeys::{STAFF_REASON, USER_REASON},
    site::{Plan, Site},
    store::any_engine,
};

#[rocket::async_test]
async fn a_person_logs_in_by_username_or_email_in_any_case() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.named("Ana.Lima", Role::Member).await;
        for name in
            ["Ana.Lima", "ana.lima", " ANA.LIMA ", "ａｎａ.lima", "ana.lima@example.org", "ANA.LIMA@Example.ORG"]
        {
            let mut browser = ana.another_browser();
            browser.logs_in_with(&[("username", name)]).await.must_lead_to("/account");
            assert!(browser.is_logged_in().await, "{name}");
        }
    }
}

#[rocket::async_test]
async fn remember_me_makes_the_cookie_last_as_long_as_the_session() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for (role, lifetime) in [(Role::Member, "1209600"), (Role::Staff, "43200")] {
            let mut person = site.person(role).await;
            let page = person.logs_in_with(&[("remember", "on")]).await;
            let cookie = person.session_change(&page).expect("a session");
            assert_eq!(cookie.attribute("max-age"), Some(lifetime));
            let mut person = person.another_browser();
            let page = person.logs_in().await;
            let cookie = person.session_change(&page).expect("a session");
            assert!(!cookie.has("max-age") && !cookie.has("expires"), "{cookie:?}");
        }
    }
}

#[rocket::async_test]
async fn each_login_is_a_new_session_with_a_new_token() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.person(Role::Member).await;
        person.opens("/login").await;
        let before_login = person.token.clone();
        person.logs_in().await.must_be(303);
        person.opens("/account").await;
        let (first, first_token) = (person.session().map(str::to_owned), person.token.clone());
        assert_ne!(before_login, first_token);
        person.posts_with(&before_login, "/logout", &[]).await.must_be(403);
        person.logs_out().await.must_be(303);
        person.logs_in().await.must_be(303);
        person.opens("/account").await;
        assert_ne!(person.session().map(str::to_owned), first);
        assert_ne!(person.token, first_token);
        person.posts_with(&first_token, "/logout", &[]).await.must_be(403);
        assert_eq!(site.database.number("SELECT COUNT(DISTINCT id) FROM curfew_logins").await, 2);
    }
}

#[rocket::async_test]
async fn a_login_never_keeps_the_earlier_session_cookie() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let attacker = site.signed_in(Role::Member).await;
        let mut victim = site.person(Role::Member).await;
        victim.jar.set("curfew", attacker.session().expect("a session"));
        victim.opens("/account").await.must_be(200); // session fixation: the attacker's own session
        victim.jar.remove("curfew");
        victim.logs_in().await.must_be(303);
        assert_ne!(victim.session(), attacker.session());
        assert!(victim.opens("/account").await.body.contains(&victim.email));
    }
}

#[rocket::async_test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_page() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        let (active, inactive) = (site.person(Role::Member).await, site.person(Role::Member).await);
        staff.deactivates(&inactive, "").await.must_be(303);
        let mut visitor = site.visitor();
        let mut pages = Vec::new();
        for name in ["nobody", &active.name, &active.email, &inactive.name, &inactive.email] {
            let page = visitor.logs_in_with(&[("username", name), ("password", "not the password")]).await;
            page.must_be(422);
            assert!(page.form_problem().is_some(), "{page:?}");
            pages.push(page.without(&format!("value=\"{name}\"")));
        }
        assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
    }
}

#[rocket::async_test]
async fn only_the_correct_password_learns_why_an_account_is_inactive() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let mut person = site.person(Role::Member).await;
        staff.deactivates(&person, "").await.must_be(303);
        let page = person.logs_in().await;
        page.must_be(422);
        assert!(page.form_problem().is_some_and(|problem| problem.contains(USER_REASON)), "{page:?}");
        assert!(!page.body.contains(STAFF_REASON) && !page.body.contains("4711"), "{page:?}");
        assert_eq!(person.session(), None);
        let page = person.logs_in_with(&[("password", "not the password")]).await;
        assert!(!page.body.contains(USER_REASON), "{page:?}");
    }
}

#[rocket::async_test]
async fn the_form_keeps_its_values_except_the_password() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut visitor = site.visitor();
        let typed = [("username", "\"><script>alert(1)</script>"), ("password", "tell nobody"), ("remember", "on")];
        let page = visitor.logs_in_with(&typed).await;
        page.must_be(422);
        assert!(!page.body.contains("tell nobody") && !page.body.contains("<script>alert"), "{page:?}");
        let shown = page.value_in("username").expect("a field");
        assert!(shown.starts_with("&quot;&gt;&lt;script&gt;"), "{shown}");
    }
}

#[rocket::async_test]
async fn a_cookie_sealed_with_a_previous_key_is_resealed_with_the_new_key() {
    for engine in any_engine() {
        let plan = Plan::default();
        let first_keys = plan.keys.clone();
        let site = plan.on(engine).await;
        let mut person = site.person(Role::Member).await;
        person.logs_in_with(&[("remember", "on")]).await.must_be(303);
        let old = person.jar.clone();

        let second_keys =
            SecretKeys { current: SecretMaterial::generate(), previous: vec![first_keys.current.clone()] };
        let plan = Plan { keys: second_keys.clone(), ..Plan::default() };
        let site = plan.over(site.stop()).await;
        let mut person = site.visitor();
        person.jar = old.clone();
        let page = person.opens("/account").await;
        page.must_be(200);
        let renewed = person.session_change(&page).expect("the cookie must be written again");
        let left: u32 =
            renewed.attribute("max-age").and_then(|age| age.parse().ok()).expect("the cookie must stay persistent");
        assert!((1_209_000..=1_209_600).contains(&left), "{left}");
        assert_eq!(person.session_change(&person.clone().opens("/account").await), None, "written once");
        let new = person.jar.clone();

        let mut plan = Plan::default();
        plan.keys.current = second_keys.current;
        let site = plan.over(site.stop()).await;
        let mut person = site.visitor();
        person.jar = new;
        assert!(person.is_logged_in().await, "the new key alone must be enough");
        person.jar = old;
        assert!(!person.is_logged_in().await, "the old key must not be read any more");
        assert!(person.session().is_some(), "the cookie may belong to another site and must be left alone");
    }
}
