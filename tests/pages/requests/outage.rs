//! With the database gone or a handler that panics, nobody is let in and nobody loses their login.

use std::time::Duration;

use curfew::domain::people::role::Role;
use rocket::{futures::future::join_all, tokio::time::timeout};

use crate::harness::{
    person::Person,
    probes::probes,
    proxy::Proxy,
    site::{Plan, Site},
    store::{Database, Engine, engines},
};

#[rocket::async_test]
async fn during_an_outage_the_site_says_so_and_nobody_loses_their_login() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let (mut member, mut staff) = (site.signed_in(Role::Member).await, site.signed_in(Role::Superuser).await);
        let mut visitor = site.person(Role::Member).await;
        visitor.opens("/login").await.must_be(200);
        member.opens("/account").await.must_be(200);
        staff.opens("/account").await.must_be(200);

        site.database.goes_away().await;
        for path in ["/", "/account", "/account/profile", "/account/password", "/login", "/register"] {
            must_be_an_outage(&mut member, path).await;
        }
        for path in ["/admin", "/admin/users", &format!("/admin/users/{}", member.id)] {
            must_be_an_outage(&mut staff, path).await;
        }
        let token = member.token.clone();
        for action in ["/logout", "/account/profile", "/account/password", "/login"] {
            let page = member.posts_with(&token, action, &[]).await;
            assert_eq!(page.status, 503, "{action}: {page:?}");
            assert_eq!(page.set_cookies(), [], "{action}");
        }
        let (name, password) = (visitor.name.clone(), visitor.password.clone());
        let token = visitor.token.clone();
        let fields = [("username", &*name), ("password", &*password)];
        visitor.posts_with(&token, "/login", &fields).await.must_be(503);
        assert_eq!(visitor.session(), None);
        visitor.opens("/setup").await.must_be(503);
        visitor.opens("/livez").await.must_be(200);
        visitor.opens("/readyz").await.must_be(503);

        site.database.comes_back().await;
        visitor.opens("/readyz").await.must_be(200);
        assert!(member.is_logged_in().await);
        staff.opens("/admin/users").await.must_be(200);
        visitor.logs_in().await.must_lead_to("/account");
        staff.forces_out(&member).await.must_be(303);
        assert!(!member.is_logged_in().await);
    }
}

async fn must_be_an_outage(person: &mut Person<'_>, path: &str) {
    let page = person.opens(path).await;
    assert_eq!(page.status, 503, "{path}: {page:?}");
    assert!(page.body.contains("The database does not respond"), "{path}: {page:?}");
    assert_eq!(page.set_cookies(), [], "{path}");
}

/// A silent database gives neither an error nor an answer, like a frozen machine or a network that drops packets.
#[rocket::async_test]
async fn a_silent_database_makes_no_page_hang() {
    for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let mut database = Database::new(engine).await;
        let wire = Proxy::before(&mut database.url).await;
        let site = Plan::default().over(database).await;
        let (mut member, mut staff) = (site.signed_in(Role::Member).await, site.signed_in(Role::Superuser).await);
        let mut visitor = site.person(Role::Member).await;
        visitor.opens("/login").await.must_be(200);
        staff.opens("/admin/users").await.must_be(200);

        wire.falls_silent();
        for _ in 0..2 {
            let many = (0..40).map(|_| member.clone()).collect::<Vec<_>>();
            let asking = join_all(many.into_iter().map(async |mut member| member.opens("/account").await.status));
            let statuses = timeout(Duration::from_secs(30), asking).await.expect("an answer to everyone");
            assert_eq!(statuses, [503; 40]);
        }
        let fields = [("username", &*visitor.name.clone()), ("password", &*visitor.password.clone())];
        let token = visitor.token.clone();
        for page in [
            timeout(Duration::from_secs(30), visitor.posts_with(&token, "/login", &fields)).await,
            timeout(Duration::from_secs(30), staff.opens("/admin/users")).await,
            timeout(Duration::from_secs(30), visitor.opens("/readyz")).await,
        ] {
            assert_eq!(page.expect("an answer").must_be(503).set_cookies(), []);
        }
        visitor.opens("/").await.must_be(200);

        wire.speaks_again();
        assert!(member.is_logged_in().await);
        staff.forces_out(&member).await.must_be(303);
        assert!(!member.is_logged_in().await);
        visitor.logs_in().await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_page_without_a_cookie_reads_no_database() {
    for engine in engines() {
        let site = Site::on(engine).await;
        site.database.goes_away().await;
        let mut visitor = site.visitor();
        let page = visitor.opens("/").await;
        assert_eq!(page.must_be(200).set_cookies(), [], "a page without a session sets no cookie");
        visitor.opens("/login").await.must_be(200);
        visitor.opens("/register").await.must_be(200);
        visitor.opens("/static/base.css").await.must_be(200);
        visitor.opens("/nowhere").await.must_be(404);
        visitor.opens("/account").await.must_lead_to("/login?next=%2Faccount");
        site.database.comes_back().await;

        site.accounts().store().close().await;
        site.visitor().opens("/").await.must_be(200);
        site.visitor().opens("/readyz").await.must_be(503);
    }
}

#[rocket::async_test]
async fn a_tampered_cookie_reads_no_database() {
    for engine in engines() {
        let site = Site::on(engine).await;
        site.database.goes_away().await;
        let mut attacker = site.visitor();
        attacker.jar.set("curfew", "forged");
        attacker.opens("/").await.must_be(200);
        assert_eq!(attacker.session(), Some("forged"), "it may belong to another site and must be left alone");
        site.database.comes_back().await;
    }
}

#[rocket::async_test]
async fn a_panic_is_a_plain_500_and_the_server_goes_on() {
    for engine in engines() {
        let site = Plan { probes: probes(), ..Plan::default() }.on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        for mut asking in [site.visitor(), person.clone()] {
            let page = asking.opens("/probe/panic").await;
            assert!(
                !page.must_be(500).body.contains("a probe that panics"),
                "the page must not show the message: {page:?}"
            );
            assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
            assert_eq!(page.header("Cache-Control"), Some("no-store"));
            assert_eq!(page.set_cookies(), []);
        }
        assert!(person.is_logged_in().await);
        site.visitor().registers().await.must_lead_to("/account");
    }
}
