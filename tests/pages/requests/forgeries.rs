//! Forged forms, cookies and tokens are events, and so is an export of events. A flood of them is counted.

use chrono::TimeDelta;
use curfew::{domain::people::role::Role, settings::SecretMaterial};
use rocket::http::Method;
use serde_json::json;

use crate::harness::{
    person::form,
    probes::probes,
    site::{Plan, Site},
    store::any_engine,
};

/// The events of a kind: how often, by whom, about whom, from where, and what.
async fn recorded(site: &Site, kind: &str) -> Vec<String> {
    let sql = format!(
        "SELECT CAST(times AS TEXT) || ' ' || COALESCE(actor, '-') || ' ' || COALESCE(subject, '-') || ' '
                || address || ' ' || detail
         FROM curfew_events WHERE kind = '{kind}' ORDER BY id"
    );
    site.database.texts(&sql).await
}

#[rocket::async_test]
async fn a_form_that_fails_the_csrf_checks_is_an_event() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.named("ana", Role::Member).await;
        ana.logs_in().await.must_be(303);
        let fields = [("email", "new@example.org")];
        for _ in 0..20 {
            ana.posts_with("forged", "/account/profile", &fields).await.must_be(403);
        }
        let elsewhere = [("Origin", "https://elsewhere.test")];
        ana.sends(Method::Post, "/logout", &elsewhere, form(&ana.token.clone(), &[])).await.must_be(403);
        let mut visitor = site.visitor();
        visitor.posts_with("forged", "/login", &[]).await.must_be(403);
        let (of_ana, of_visitor) = (format!("1 ana ana {}", ana.address), format!("1 - - {}", visitor.address));
        let expected = [
            format!("{of_ana} POST /account/profile: the form's token is missing, or belongs to another login"),
            format!("{of_ana} POST /logout: the form came from another site"),
            format!("{of_visitor} POST /login: the browser sent no cookie of this site"),
        ];
        assert_eq!(recorded(&site, "form-refused").await, expected);
        site.shift_clock(TimeDelta::minutes(11));
        assert_eq!(site.accounts().write_counted_acts().await.expect("an answer"), 1);
        let counted = recorded(&site, "form-refused").await;
        assert!(counted[3].starts_with("19 ana ana"), "{counted:?}");
    }
}

/// Cookies ignore ports, so another Curfew on the same host has the same cookie.
#[rocket::async_test]
async fn an_altered_cookie_is_an_event_and_the_cookie_of_another_site_is_not() {
    for engine in any_engine() {
        let (site, neighbour) = (Site::on(engine).await, Site::on(engine).await);
        let ana = site.signed_in(Role::Member).await;
        let ben = neighbour.signed_in(Role::Member).await;
        let (own, foreign) = (ana.session().expect("a session"), ben.session().expect("a session"));
        let mut attacker = site.visitor();
        for honest in [foreign, "another", "", &"A".repeat(300)] {
            attacker.jar.set("curfew", honest);
            attacker.opens("/account").await.must_be(303);
        }
        assert_eq!(recorded(&site, "cookie-forged").await, [""; 0]);
        // The last character of the nonce's base64, and one in the middle of the content.
        for at in [3, 60] {
            let mut altered = own.to_owned().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            attacker.jar.set("curfew", &String::from_utf8(altered).expect("ASCII"));
            attacker.opens("/account").await.must_be(303);
            attacker.opens("/account").await.must_be(303);
        }
        let expected = format!("1 - - {} an altered copy of a session cookie", attacker.address);
        assert_eq!(recorded(&site, "cookie-forged").await, [expected]);
    }
}

#[rocket::async_test]
async fn a_cookie_sealed_with_the_key_that_is_no_session_is_an_event() {
    for engine in any_engine() {
        let mut plan = Plan { probes: probes(), ..Plan::default() };
        let key = SecretMaterial::generate();
        plan.keys.current = key.clone();
        let site = plan.on(engine).await;
        let mut ana = site.named("ana", Role::Member).await;
        ana.logs_in().await.must_be(303);
        let content = ana.opens("/probe/private/curfew").await;
        let mut content: serde_json::Value = serde_json::from_str(&content.body).expect("JSON");
        content["LAST_LOGIN_DATE"] = json!("2999-01-01T00:00:00Z");
        let mut attacker = site.visitor();
        for content in [content.to_string(), "{}".to_owned()] {
            attacker.jar.set("curfew", &super::cookies::sealed(&key.cookie_key(), &content));
            attacker.opens("/account").await.must_be(303);
        }
        let (told, of) = (recorded(&site, "cookie-forged").await, format!("1 - ana {}", attacker.address));
        assert!(told[0].starts_with(&of) && told[0].contains("forged with the key"), "{told:?}");
        assert!(told.len() == 2 && told[1].contains("names no session"), "{told:?}");
    }
}

#[rocket::async_test]
async fn a_forged_or_unknown_token_is_an_event_and_an_ended_one_is_not() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        let stranger = site.visitor().program();
        person.site.accounts().store().clock().shift(TimeDelta::minutes(6));
        for honest in [format!("Bearer {}", jwt.access), "Bearer x".to_owned(), "Token y".to_owned()] {
            assert_eq!(stranger.shows(&honest).await.status, 401, "expired, or no token at all: {honest}");
        }
        let header = jwt.access.split('.').next().expect("a header");
        let long = format!("Bearer {header}.{}.{}", "A".repeat(8_000), "A".repeat(43));
        assert_eq!(stranger.shows(&long).await.status, 401, "nothing of a text of any length is decoded");
        assert_eq!(recorded(&site, "token-forged").await, [""; 0]);

        let (message, _) = jwt.access.rsplit_once('.').expect("a signature");
        let forged = format!("{message}.{}", "A".repeat(43));
        let unknown = format!("curfew_{}", "a".repeat(40));
        for _ in 0..5 {
            assert_eq!(stranger.shows(&format!("Bearer {forged}")).await.status, 401);
            assert_eq!(stranger.shows(&format!("Token {unknown}")).await.status, 401);
            assert_eq!(stranger.refreshes_with(&forged).await.status, 401);
        }
        assert_eq!(opaque.asks_who_it_is().await.status, 200);
        let from = format!("1 - - {}", stranger.address);
        let expected = [
            format!("{from} a JWT that none of this site's keys signed"),
            format!("{from} an opaque token that no login has"),
        ];
        assert_eq!(recorded(&site, "token-forged").await, expected);
    }
}

#[rocket::async_test]
async fn an_export_is_an_event_that_says_what_was_exported() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut sam = site.named("sam", Role::Staff).await;
        sam.logs_in().await.must_be(303);
        for query in ["", "", "?q=ana@example.org&kind=login"] {
            sam.opens(&format!("/admin/events.csv{query}")).await.must_be(200);
        }
        let by = format!("1 sam - {}", sam.address);
        // Not what was searched for: an email would stay after its account is deleted.
        let expected = [format!("{by} all events"), format!("{by} events that a search found of the kind login")];
        assert_eq!(recorded(&site, "exported").await, expected);
    }
}
