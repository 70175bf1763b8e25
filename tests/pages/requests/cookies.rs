//! The session cookie: its content, and what happens when it is tampered with.

use cookie::{Cookie, CookieJar, Key};
use curfew::{domain::people::role::Role, settings::SecretMaterial};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::harness::{
    person::Person,
    probes::probes,
    site::{PASSWORD, Plan, Site},
    store::{any_engine, quick_or_soak},
};

#[rocket::async_test]
async fn rocket_reads_the_cookie_and_its_login_date() {
    for engine in any_engine() {
        let site = Plan { probes: probes(), ..Plan::default() }.on(engine).await;
        for is_https in [false, true] {
            let mut person = site.person(Role::Member).await;
            person.is_https = is_https;
            person.logs_in().await.must_be(303);
            let page = person.opens(&format!("/probe/private/{}", person.session_name())).await;
            let content: Value = serde_json::from_str(&page.must_be(200).body).expect("JSON");
            let date = content["LAST_LOGIN_DATE"].as_str().expect("a date");
            let date: curfew::domain::moment::Moment = date.parse().expect("RFC 3339");
            let account = site.accounts().get_target_account(person.id).await.expect("an account");
            assert_eq!(Some(date), account.user.last_login);
        }
    }
}

#[rocket::async_test]
async fn a_damaged_cookie_never_logs_in_and_never_breaks_the_page() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (ana, ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Superuser).await);
        let originals = [&ana, &ben].map(|person| person.session().expect("a session").to_owned());
        let mut random = StdRng::seed_from_u64(2);
        let mut attacker = site.visitor();
        for _ in 0..quick_or_soak(1_000, 10_000) {
            let damaged = damage(&originals, &mut random);
            attacker.jar.set("curfew", &damaged);
            let page = attacker.opens("/account").await;
            assert_eq!((page.status, page.location()), (303, "/login?next=%2Faccount"), "{damaged}");
            assert_eq!(attacker.session(), Some(&*damaged), "it may belong to another site and must be left alone");
        }
        for mut person in [ana, ben] {
            assert!(person.is_logged_in().await, "the original cookies must still work");
        }
    }
}

/// The value of a cookie as the site reads it; `None` if it is not a valid cookie.
fn decoded(value: &str) -> Option<String> {
    Cookie::parse_encoded(format!("curfew={value}")).ok().map(|cookie| cookie.value().to_owned())
}

/// A damaged copy of one of the cookies.
fn damage(originals: &[String; 2], random: &mut StdRng) -> String {
    loop {
        let turn = random.random_range(0..2);
        let (this, other) = (&originals[turn], &originals[1 - turn]);
        let at = random.random_range(0..this.len());
        let mut bytes = this.clone().into_bytes();
        match random.random_range(0..6) {
            0 => bytes[at] = random.random_range(b'!'..=b'~'),
            1 => bytes.truncate(at),
            2 => bytes = other.bytes().take(at).chain(this.bytes().skip(at)).collect(),
            3 => bytes = (0..at).map(|_| random.random_range(b'0'..=b'z')).collect(),
            4 => bytes.insert(at, random.random_range(b'!'..=b'~')),
            _ => bytes.swap(at, 0),
        }
        bytes.retain(|byte| !matches!(byte, b';' | b',' | b'"'));
        let damaged = String::from_utf8(bytes).expect("ASCII");
        // Changing `%2F` to `%2f` is the same value, not damage.
        let is_damaged = originals.iter().all(|original| decoded(original) != decoded(&damaged));
        if is_damaged && !damaged.is_empty() {
            return damaged;
        }
    }
}

/// Cookies ignore ports, so two sites on one host share them.
#[rocket::async_test]
async fn a_login_removes_only_the_visitor_cookie_of_this_site() {
    for engine in any_engine() {
        let mut other = Plan::default();
        other.keys.current = SecretMaterial::generate();
        let (one, two) = (Site::on(engine).await, other.on(engine).await);
        let mut person = one.person(Role::Member).await;
        let mut elsewhere = two.visitor();
        elsewhere.opens("/login").await.must_be(200);
        let foreign = elsewhere.jar.get("curfew-visitor").expect("the other site's visitor cookie").to_owned();

        person.jar.set("curfew-visitor", &foreign);
        person.opens("/login").await.must_be(200);
        assert_eq!(person.jar.get("curfew-visitor"), Some(&*foreign), "it must be neither replaced nor removed");
        person.logs_in().await.must_be(303);
        assert_eq!(person.jar.get("curfew-visitor"), Some(&*foreign), "the forms open on the other site need it");
        let fields = [("username", "ana"), ("password", PASSWORD)];
        elsewhere.jar = person.jar.clone();
        elsewhere.posts_with(&elsewhere.token.clone(), "/login", &fields).await.must_be(422);

        let mut person = person.another_browser();
        person.opens("/login").await.must_be(200);
        let old = person.token.clone();
        let own = person.jar.get("curfew-visitor").expect("this site's visitor cookie").to_owned();
        assert_ne!(own, foreign);
        person.logs_in().await.must_be(303);
        assert_eq!(person.jar.get("curfew-visitor"), None, "old forms must not work again after a logout");
        person.posts("/logout", &[]).await.must_be(303);
        person.posts_with(&old, "/login", &fields).await.must_be(403);
    }
}

/// Each costs a decryption, and a header has room for thousands.
#[rocket::async_test]
async fn only_the_first_few_cookies_of_one_name_are_tried() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.signed_in(Role::Member).await;
        let session = person.session().expect("a session").to_owned();
        for (foreign, status) in [(7, 200), (1_000, 303)] {
            let mut browser = site.visitor();
            browser.jar.set("curfew", "foreign");
            let foreign: Vec<_> = (0..foreign).map(|number| format!("curfew=foreign{number}")).collect();
            let header = format!("{}; curfew={session}", foreign.join("; "));
            browser.sends(Method::Get, "/account", &[("Cookie", &header)], Vec::new()).await.must_be(status);
        }
    }
}

#[rocket::async_test]
async fn a_cookie_with_another_name_is_no_session() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        person.changes_email("new@example.org").await.must_be(303);
        let notice = person.jar.get("curfew-notice").expect("a notice was left").to_owned();
        let session = person.session().expect("a session").to_owned();
        let mut other = site.visitor();
        other.jar.set("curfew", &notice);
        assert!(!other.is_logged_in().await);
        let mut other = site.visitor().over_https();
        other.jar.set("__Host-curfew", &session);
        assert!(!other.is_logged_in().await, "a cookie set over HTTP must not be accepted over HTTPS");
        other.jar.set("curfew-notice", &session);
        other.opens("/login").await.must_be(200);
    }
}

#[rocket::async_test]
async fn a_sealed_cookie_with_false_claims_is_no_login() {
    for engine in any_engine() {
        let keys = [SecretMaterial::generate(), SecretMaterial::generate()];
        let mut plan = Plan { probes: probes(), ..Plan::default() };
        plan.keys.current = keys[0].clone();
        plan.keys.previous = vec![keys[1].clone()];
        let site = plan.on(engine).await;
        let owner = site.signed_in(Role::Superuser).await;
        let lies = [
            ("user", json!(owner.id)),
            ("user", json!(0)),
            ("user", json!(-1)),
            ("user", json!(i64::MAX)),
            ("user", json!("1")),
            ("session", json!("")),
            ("session", json!("nobody")),
            ("secret", json!("")),
            ("secret", json!("A".repeat(43))),
            ("LAST_LOGIN_DATE", json!("")),
            ("LAST_LOGIN_DATE", json!("yesterday")),
            ("LAST_LOGIN_DATE", json!("1970-01-01T00:00:00Z")),
            ("LAST_LOGIN_DATE", json!("2999-01-01T00:00:00Z")),
            ("LAST_LOGIN_DATE", json!("+262142-12-31T23:59:59Z")),
            ("LAST_LOGIN_DATE", Value::Null),
        ];
        for key in keys.map(|key| key.cookie_key()) {
            for (field, lie) in &lies {
                // Each false claim needs its own session, because detecting it may end that session.
                let mut ana = site.signed_in(Role::Member).await;
                let content = ana.opens("/probe/private/curfew").await;
                let mut content: Value = serde_json::from_str(&content.body).expect("JSON");
                let mut browser = site.visitor();
                browser.jar.set("curfew", &sealed(&key, &content.to_string()));
                assert!(browser.is_logged_in().await, "only the false claim may be wrong");
                content[field] = lie.clone();
                browser.jar.set("curfew", &sealed(&key, &content.to_string()));
                // A session that goes on with a newer secret: the browser may already hold its cookie.
                let is_left_alone = *lie == json!("A".repeat(43));
                assert_refused(&mut browser, &format!("{field}: {lie}"), is_left_alone).await;
            }
            for text in ["", "null", "[]", "{}", "\u{0}", "{\"user\":"] {
                let mut attacker = site.visitor();
                attacker.jar.set("curfew", &sealed(&key, text));
                assert_refused(&mut attacker, text, false).await;
            }
        }
    }
}

async fn assert_refused(attacker: &mut Person<'_>, how: &str, is_left_alone: bool) {
    let page = attacker.opens("/account").await;
    assert_eq!((page.status, page.location()), (303, "/login?next=%2Faccount"), "{how}: {page:?}");
    assert_eq!(attacker.session().is_some(), is_left_alone, "{how}");
}

/// A cookie sealed with the site's key.
pub fn sealed(key: &Key, content: &str) -> String {
    let mut jar = CookieJar::new();
    jar.private_mut(key).add(Cookie::new("curfew", content.to_owned()));
    let cookie = jar.get("curfew").expect("it was just added").encoded().to_string();
    cookie.split_once('=').expect("a name and a value").1.to_owned()
}
