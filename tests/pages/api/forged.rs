//! Forged, misplaced and expired tokens: every endpoint refuses them, and nothing changes.

use std::net::TcpListener;

use chrono::{DateTime, TimeDelta};
use curfew::{
    domain::people::role::Role,
    settings::{BaseUrl, SecretKeys, SecretMaterial},
};
use rocket::http::Method;
use serde_json::{Value, json};

use super::signing::{Jwt, jwk, jwt_key, key_name};
use crate::harness::{
    program::{Answer, Program},
    site::{Plan, Site},
    store::{Database, Engine, any_engine},
};

/// A site whose secret key the test knows.
async fn site_with_secret(engine: Engine) -> (Site, SecretMaterial) {
    let plan = Plan::default();
    let secret = plan.keys.current.clone();
    (plan.on(engine).await, secret)
}

/// Sends the token to every endpoint.
async fn must_be_refused_everywhere(program: &Program<'_>, what: &str, token: &str) {
    must_be_refused_for_access_and_refresh(program, what, token).await;
    let revoked = program.posts("/api/token/revoke", &json!({ "refresh": token })).await;
    assert_eq!(revoked.status, 204, "revoking {what}: {revoked:?}");
}

/// The same without the revoke endpoint: revoking a token that the site signed ends its family, whatever host it is
/// for.
async fn must_be_refused_for_access_and_refresh(program: &Program<'_>, what: &str, token: &str) {
    for scheme in ["Bearer", "Token"] {
        let refused = program.shows(&format!("{scheme} {token}")).await;
        assert_eq!((refused.status, refused.code()), (401, "token_invalid"), "{what} as {scheme}: {refused:?}");
    }
    let refused = program.refreshes_with(token).await;
    assert_eq!((refused.status, refused.code()), (401, "token_invalid"), "{what} as refresh: {refused:?}");
}

#[rocket::async_test]
async fn nobody_can_forge_a_token_without_the_key() {
    for engine in any_engine() {
        let (site, secret) = site_with_secret(engine).await;
        let person = site.signed_in(Role::Superuser).await;
        let program = person.program_with_jwt().await;
        assert!(program.is_logged_in().await);
        // A header that names this address (`jku`, `x5u`) must not make the server call it.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let elsewhere = format!("http://{}/keys.json", listener.local_addr().expect("its number"));
        let dump = site.database.dump_without_events().await;
        for token in [&program.access, &program.refresh] {
            for (what, forged) in forgeries(&Jwt::read(token), &secret, &elsewhere) {
                must_be_refused_everywhere(&program, &what, &forged).await;
            }
        }
        assert_eq!(site.database.dump_without_events().await, dump, "what was refused");
        assert!(listener.accept().is_err(), "the server called an address from a header");
        assert!(program.is_logged_in().await, "the real token is still valid");
    }
}

/// Tokens made without the key, or with the key and another algorithm.
fn forgeries(good: &Jwt, secret: &SecretMaterial, elsewhere: &str) -> Vec<(String, String)> {
    let (right, own) = (jwt_key(secret), [7; 64]);
    let mut forged = Vec::new();
    let mut push = |what: &str, token: String| forged.push((what.to_owned(), token));
    for alg in
        ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"]
    {
        let other = good.with_header(&json!({ "alg": alg }));
        push(&format!("alg {alg:?} without a signature"), other.with_signature(&[]));
        push(&format!("alg {alg:?} without its dot"), other.with_signature(&[]).trim_end_matches('.').to_owned());
        push(&format!("alg {alg:?} with the old signature"), other.unsigned());
        push(&format!("alg {alg:?} with another key"), other.signed(&own));
    }
    push("HS384 with the right key", good.with_header(&json!({ "alg": "HS384" })).signed_hs384(&right));
    push("HS512 with the right key", good.with_header(&json!({ "alg": "HS512" })).signed_hs512(&right));
    push("HS384 called HS256", good.signed_hs384(&right));
    push("HS512 called HS256", good.signed_hs512(&right));
    for alg in [json!("none"), json!("HS512"), json!(["HS256"]), json!(1), Value::Null] {
        push(&format!("alg {alg}, signed with the right key"), good.with_header(&json!({ "alg": alg })).signed(&right));
    }
    for (called, key) in [("another key", &own[..]), ("no key", &[]), ("the key's name", key_name(secret).as_bytes())] {
        push(called, good.signed(key));
    }
    // A key derived for another purpose, under the real key id.
    push("the key of cookies", good.signed(&secret.derive("curfew csrf")));
    for kid in [
        json!(key_name(&SecretMaterial::generate())),
        json!(""),
        json!(" "),
        json!("../../../../dev/null"),
        json!("/proc/sys/kernel/randomize_va_space"),
        json!("' OR '1'='1"),
        json!("x\u{0}y"),
        json!(7),
        json!(["a"]),
        json!({}),
        Value::Null,
    ] {
        let other = good.with_header(&json!({ "kid": kid }));
        push(&format!("kid {kid}, signed with no key"), other.signed(&[]));
        push(&format!("kid {kid}, signed with the right key"), other.signed(&right));
    }
    for (name, value) in [
        ("jku", json!(elsewhere)),
        ("x5u", json!(elsewhere)),
        ("jwk", jwk(&own)),
        ("x5c", json!(["MIIB"])),
        ("jku", json!("file:///dev/null")),
    ] {
        let other = good.with_header(&json!({ name: value }));
        push(&format!("{name} {value}"), other.signed(&own));
        let nameless = other.with_header(&json!({ "kid": Value::Null }));
        push(&format!("{name} {value} without a kid"), nameless.signed(&own));
    }
    let other = good.with_claims(&json!({ "sub": "1", "exp": 99_999_999_999_i64 }));
    push("other claims under the old signature", other.unsigned());
    forged
}

#[rocket::async_test]
async fn signed_claims_are_parsed_strictly() {
    for engine in any_engine() {
        let (site, secret) = site_with_secret(engine).await;
        let person = site.signed_in(Role::Superuser).await;
        let program = person.program_with_jwt().await;
        let (access, refresh, key) = (Jwt::read(&program.access), Jwt::read(&program.refresh), jwt_key(&secret));
        assert_eq!(
            program.shows(&format!("Bearer {}", access.signed(&key))).await.status,
            200,
            "signed as the site does"
        );
        let dump = site.database.dump_without_events().await;
        for name in
            ["exp", "nbf", "sub", "iss", "aud", "jti", "iat", "token_type", "login_date", "family", "generation"]
        {
            for value in [Value::Null, json!([]), json!({}), json!("x"), json!(1.5), json!(true), json!("9".repeat(30))]
            {
                if matches!(name, "jti") && value.is_string() {
                    continue; // any text is a valid `jti`
                }
                for good in [&access, &refresh] {
                    let token = good.with_claims(&json!({ name: value })).signed(&key);
                    let what = format!("{name} {value} in {}", good.claims["token_type"]);
                    if matches!(name, "iss" | "aud") {
                        must_be_refused_for_access_and_refresh(&program, &what, &token).await;
                    } else {
                        must_be_refused_everywhere(&program, &what, &token).await;
                    }
                }
            }
        }
        for (name, value) in [
            ("iss", "http://elsewhere.test"),
            ("aud", "http://elsewhere.test"),
            ("iss", "https://curfew.test"),
            ("aud", "https://curfew.test"),
            ("aud", "http://curfew.test.elsewhere.test"),
            ("aud", "http://curfew.test/"),
            ("iss", ""),
            ("token_type", "ACCESS"),
            ("token_type", "id"),
        ] {
            for good in [&access, &refresh] {
                let token = good.with_claims(&json!({ name: value })).signed(&key);
                must_be_refused_for_access_and_refresh(&program, &format!("{name} {value}"), &token).await;
            }
        }
        for number in [-1, i64::MAX] {
            let token = refresh.with_claims(&json!({ "generation": number })).signed(&key);
            must_be_refused_everywhere(&program, &format!("generation {number}"), &token).await;
        }
        for good in [&access, &refresh] {
            let token = good.with_header(&json!({ "crit": ["zz"], "zz": 1 })).signed(&key);
            must_be_refused_everywhere(&program, "what must be understood", &token).await;
        }
        let several = access.with_claims(&json!({ "aud": ["curfew", "http://elsewhere.test"] }));
        must_be_refused_everywhere(&program, "two audiences", &several.signed(&key)).await;
        assert_eq!(site.database.dump_without_events().await, dump, "what was refused");
        assert!(program.is_logged_in().await);
    }
}

/// Even an attacker who has the key cannot log in: a signed token must match a login in the database.
#[rocket::async_test]
async fn a_signed_token_must_match_a_login_in_the_database() {
    for engine in any_engine() {
        let (site, secret) = site_with_secret(engine).await;
        let (person, other) = (site.signed_in(Role::Member).await, site.signed_in(Role::Superuser).await);
        let (program, of_other) = (person.program_with_jwt().await, other.program_with_jwt().await);
        let opaque = other.program_with_token().await;
        let key = jwt_key(&secret);
        let session = site
            .database
            .texts(&format!("SELECT id FROM curfew_logins WHERE kind = 'browser' AND user_id = {}", other.id))
            .await;
        let of_session = date_of(&site, &session[0]).await;
        let of_opaque = date_of(&site, &opaque.opaque_id).await;
        let (own, others) = (Jwt::read(&program.access), Jwt::read(&of_other.access));
        let family = |of: &Jwt| of.claims["family"].clone();
        let later = own.claims["login_date"].as_i64().expect("a number") + 1_000_000;
        let dump = site.database.dump_without_events().await;
        for (what, claims) in [
            (
                "a browser's session",
                json!({ "sub": other.id.to_string(), "family": session[0], "login_date": of_session }),
            ),
            (
                "an opaque token",
                json!({ "sub": other.id.to_string(), "family": opaque.opaque_id, "login_date": of_opaque }),
            ),
            ("another's family", json!({ "family": family(&others) })),
            (
                "another user's family and date",
                json!({ "family": family(&others), "login_date": others.claims["login_date"] }),
            ),
            ("another account", json!({ "sub": other.id.to_string() })),
            ("nobody's account", json!({ "sub": "999999" })),
            ("no account", json!({ "sub": "0" })),
            ("nobody's family", json!({ "family": "aaaaaaaaaaaaaaaa" })),
            ("a later login", json!({ "login_date": later })),
            ("the end of time", json!({ "login_date": i64::MAX })),
            ("the beginning of time", json!({ "login_date": i64::MIN })),
            ("a login long ago", json!({ "login_date": 0 })),
        ] {
            let token = own.with_claims(&claims).signed(&key);
            let refused = program.shows(&format!("Bearer {token}")).await;
            assert_eq!(refused.status, 401, "{what}: {refused:?}");
            let refresh = Jwt::read(&program.refresh).with_claims(&claims).signed(&key);
            let refused = program.refreshes_with(&refresh).await;
            assert_eq!(refused.status, 401, "{what} as refresh: {refused:?}");
            let revoked = program.posts("/api/token/revoke", &json!({ "refresh": refresh })).await;
            assert_eq!(revoked.status, 204, "revoking {what}: {revoked:?}");
        }
        assert_eq!(site.database.dump_without_events().await, dump, "what was refused");
        assert!(program.is_logged_in().await && of_other.is_logged_in().await && opaque.is_logged_in().await);
    }
}

/// The login date, in microseconds since 1970.
async fn date_of(site: &Site, id: &str) -> i64 {
    let sql = format!("SELECT CAST(login_date AS TEXT) FROM curfew_logins WHERE id = '{id}'");
    let text = site.database.texts(&sql).await.pop().expect("a date").replace(' ', "T");
    // Postgres omits the minutes of the time zone.
    let text = text.strip_suffix("+00").map(|date| format!("{date}+00:00")).unwrap_or(text);
    DateTime::parse_from_rfc3339(&text).expect("a date").timestamp_micros()
}

#[rocket::async_test]
async fn each_credential_works_only_for_its_purpose() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.signed_in(Role::Member).await;
        let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        let cookie = person.session().expect("a session").to_owned();
        let (refresh, access, token) = (&jwt.refresh, &jwt.access, &opaque.opaque);
        let id = &opaque.opaque_id;
        for (what, authorization) in [
            ("refresh as access", format!("Bearer {refresh}")),
            ("refresh as a token", format!("Token {refresh}")),
            ("access as a token", format!("Token {access}")),
            ("a token as a bearer", format!("Bearer {token}")),
            ("a cookie as a bearer", format!("Bearer {cookie}")),
            ("a cookie as a token", format!("Token {cookie}")),
            ("a token's name as a token", format!("Token {id}")),
            ("a token's name as a secret", format!("Token curfew_{id}")),
        ] {
            let refused = jwt.shows(&authorization).await;
            assert_eq!((refused.status, refused.code()), (401, "token_invalid"), "{what}: {refused:?}");
        }
        for text in [access, token, &cookie, id] {
            jwt.refreshes_with(text).await.must_be_refused(401, "token_invalid");
            jwt.posts("/api/token/revoke", &json!({ "refresh": text })).await.must_be(204);
        }
        assert!(
            jwt.is_logged_in().await && opaque.is_logged_in().await && person.clone().is_logged_in().await,
            "nothing was ended"
        );
        // Nor is a token in the session cookie a login.
        for text in [access, refresh, token] {
            let mut browser = person.another_browser();
            browser.jar.set("curfew", text);
            assert!(!browser.is_logged_in().await);
        }
    }
}

/// A site of that origin, over the database and with the keys of others.
async fn site_at(origin: Option<&str>, database: Database, keys: &SecretKeys) -> Site {
    let mut plan = Plan { keys: keys.clone(), ..Plan::default() };
    plan.settings.base_url = origin.and_then(BaseUrl::parse);
    plan.over(database).await
}

#[rocket::async_test]
async fn a_token_is_valid_only_for_the_site_that_issued_it() {
    for engine in any_engine() {
        let keys = SecretKeys { current: SecretMaterial::generate(), previous: Vec::new() };
        let site = site_at(Some("https://riverside.example"), Database::new(engine).await, &keys).await;
        let program = site.person(Role::Member).await.program_with_jwt().await;
        let (access, refresh) = (program.access.clone(), program.refresh.clone());
        let claims = Jwt::read(&access).claims;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://riverside.example"), &claims["iss"]));
        let mut database = site.stop();
        for elsewhere in [Some("https://elsewhere.example"), Some("https://riverside.example:81"), None] {
            let site = site_at(elsewhere, database, &keys).await;
            let mut program = site.visitor().program();
            program.authorization = format!("Bearer {access}");
            program.asks_who_it_is().await.must_be_refused(401, "token_invalid");
            program.refreshes_with(&refresh).await.must_be_refused(401, "token_invalid");
            database = site.stop();
        }
        let site = site_at(Some("https://riverside.example"), database, &keys).await;
        let mut program = site.visitor().program();
        program.authorization = format!("Bearer {access}");
        assert!(program.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn no_header_of_a_request_decides_which_tokens_are_valid() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut program = site.person(Role::Member).await.program_with_jwt().await;
        let claims = Jwt::read(&program.access).claims;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("curfew"), &json!("curfew")));
        "elsewhere.test".clone_into(&mut program.host);
        assert!(program.is_logged_in().await);
        program.refreshes().await.must_be(200);
        let over_https = [("Authorization", &*program.authorization), ("X-Forwarded-Proto", "https")];
        program.sends(Method::Get, "/api/me", &over_https, Vec::new()).await.must_be(200);
    }
}

#[rocket::async_test]
async fn a_token_is_valid_only_between_its_start_and_its_expiry() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let program = site.person(Role::Member).await.program_with_jwt().await;
        site.shift_clock(TimeDelta::minutes(5) - TimeDelta::seconds(10));
        assert!(program.is_logged_in().await, "ten seconds are left");
        site.shift_clock(TimeDelta::seconds(10));
        program.asks_who_it_is().await.must_be_refused(401, "token_expired");
        program.clone().refreshes().await.must_be(200);
        site.shift_clock(TimeDelta::minutes(-65));
        program.asks_who_it_is().await.must_be_refused(401, "token_invalid"); // not yet
        program.refreshes_with(&program.refresh).await.must_be_refused(401, "token_invalid");
        site.shift_clock(TimeDelta::hours(25));
        program.refreshes_with(&program.refresh).await.must_be_refused(401, "token_expired");
    }
}

#[rocket::async_test]
async fn the_leeway_applies_at_both_ends_and_is_bounded() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.token_leeway = std::time::Duration::from_secs(30);
        let site = plan.on(engine).await;
        let program = site.person(Role::Member).await.program_with_jwt().await;
        site.shift_clock(TimeDelta::seconds(300 + 25));
        assert!(program.is_logged_in().await, "within the leeway");
        site.shift_clock(TimeDelta::seconds(5));
        program.asks_who_it_is().await.must_be_refused(401, "token_expired");
        let mut other = site.person(Role::Member).await.program_with_jwt().await;
        site.shift_clock(TimeDelta::hours(24) + TimeDelta::seconds(25));
        let late = other.clone();
        other.refreshes().await.must_be(200);
        late.asks_who_it_is().await.must_be_refused(401, "token_expired");
        let other = site.person(Role::Member).await.program_with_jwt().await;
        site.shift_clock(TimeDelta::hours(24) + TimeDelta::seconds(30));
        other.refreshes_with(&other.refresh).await.must_be_refused(401, "token_expired");
        site.shift_clock(-TimeDelta::hours(48) - TimeDelta::seconds(55));
        site.shift_clock(TimeDelta::seconds(-330 - 25));
        assert!(program.is_logged_in().await, "within the leeway");
        site.shift_clock(TimeDelta::seconds(-10));
        program.asks_who_it_is().await.must_be_refused(401, "token_invalid");
    }
}

#[rocket::async_test]
async fn a_malformed_authorization_header_is_refused() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        let (access, token) = (jwt.access.as_str(), opaque.opaque.as_str());
        let dump = site.database.dump_without_events().await;
        let huge = "a".repeat(100_000);
        let nested = format!("{}.e30.x", data_encoding::BASE64URL_NOPAD.encode("[".repeat(20_000).as_bytes()));
        let shown: Vec<String> = vec![
            ".".into(),
            "..".into(),
            "...".into(),
            "a.b.c".into(),
            "e30.e30.e30".into(),
            "null".into(),
            "\u{0}".into(),
            "é.é.é".into(),
            "\u{202e}".into(),
            "\u{10ffff}".repeat(500),
            huge.clone(),
            format!("{huge}.{huge}.{huge}"),
            ".".repeat(50_000),
            nested,
            format!("{access}.{access}"),
            format!("{access}."),
            format!(".{access}"),
            format!("{access}="),
            format!("{access} {access}"),
            format!("{access},{access}"),
            format!("\"{access}\""),
            access.to_uppercase(),
            access.replace('.', " . "),
            token.to_uppercase(),
            format!("{token}a"),
            format!("{token}="),
            format!("{token} {token}"),
            format!("\"{token}\""),
            token.trim_start_matches("curfew_").to_owned(),
            format!("curfew_{token}"),
            "curfew_".into(),
            format!("curfew_{}", "a".repeat(40)),
            format!("curfew_{}", "é".repeat(40)),
            "curfew_' OR '1'='1".into(),
        ];
        for text in &shown {
            let cut: String = text.chars().take(60).collect();
            for scheme in ["Bearer", "Token", "bearer", "TOKEN"] {
                let refused = jwt.shows(&format!("{scheme} {text}")).await;
                assert_eq!((refused.status, refused.code()), (401, "token_invalid"), "{scheme} {cut}: {refused:?}");
            }
            if text.len() < 30_000 {
                let refused = jwt.refreshes_with(text).await;
                assert_eq!((refused.status, refused.code()), (401, "token_invalid"), "refresh {cut}: {refused:?}");
                jwt.posts("/api/token/revoke", &json!({ "refresh": text })).await.must_be(204);
            }
        }
        for authorization in [
            "",
            " ",
            "Bearer",
            "Token",
            "Bearer ",
            "Basic YW5hOnBhc3N3b3Jk",
            "Digest x",
            access,
            token,
            &format!("Bearer{access}"),
            &format!("Bearer:{access}"),
            &format!("JWT {access}"),
            &format!("X Bearer {access}"),
            &huge,
        ] {
            let refused = jwt.shows(authorization).await;
            let cut: String = authorization.chars().take(60).collect();
            assert_eq!((refused.status, refused.code()), (401, "not_authenticated"), "{cut}: {refused:?}");
        }
        assert_eq!(site.database.dump_without_events().await, dump, "what was refused");
    }
}

#[rocket::async_test]
async fn two_authorization_headers_are_refused() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
        let (bearer, token) = (jwt.authorization.as_str(), opaque.authorization.as_str());
        for (one, other) in
            [(bearer, token), (token, bearer), (bearer, bearer), (token, ""), ("", bearer), (token, "x")]
        {
            let headers = [("Authorization", one), ("authorization", other)];
            let refused = jwt.sends(Method::Get, "/api/me", &headers, Vec::new()).await;
            refused.must_be_refused(401, "token_invalid");
        }
        for header in ["Proxy-Authorization", "X-Authorization", "X-Api-Key", "X-Forwarded-Authorization"] {
            let refused = jwt.sends(Method::Get, "/api/me", &[(header, token)], Vec::new()).await;
            refused.must_be_refused(401, "not_authenticated");
        }
        for path in [format!("/api/me?access_token={}", jwt.access), format!("/api/me?token={}", opaque.opaque)] {
            let refused = jwt.sends(Method::Get, &path, &[], Vec::new()).await;
            refused.must_be_refused(401, "not_authenticated");
        }
    }
}

#[rocket::async_test]
async fn after_a_key_rotation_the_previous_key_still_verifies_and_the_new_key_signs() {
    for engine in any_engine() {
        let (old, new) = (SecretMaterial::generate(), SecretMaterial::generate());
        let site = with_keys(Database::new(engine).await, &old, &[]).await;
        let person = site.person(Role::Member).await;
        let (access, refresh, name) = {
            let program = person.program_with_jwt().await;
            (program.access, program.refresh, person.name.clone())
        };
        let opaque = person.program_with_token().await.opaque;

        let site = with_keys(site.stop(), &new, std::slice::from_ref(&old)).await;
        let mut program = site.visitor().program();
        program.name.clone_from(&name);
        (program.access, program.refresh) = (access.clone(), refresh);
        must_be_logged_in_as(&program.shows(&format!("Bearer {access}")).await, &name);
        must_be_logged_in_as(&program.shows(&format!("Token {opaque}")).await, &name);
        program.refreshes().await.must_be(200);
        assert_eq!(Jwt::read(&program.access).header["kid"], key_name(&new), "the new key signs");
        must_be_logged_in_as(&program.asks_who_it_is().await, &name);
        let of_both = program.access.clone();

        // A node without the old key neither accepts its tokens nor acts on them.
        let site = with_keys(site.stop(), &new, &[]).await;
        let program = site.visitor().program();
        program.shows(&format!("Bearer {access}")).await.must_be_refused(401, "token_invalid");
        must_be_logged_in_as(&program.shows(&format!("Bearer {of_both}")).await, &name);
        must_be_logged_in_as(&program.shows(&format!("Token {opaque}")).await, &name);
        let renamed = Jwt::read(&access).with_header(&json!({ "kid": key_name(&new) }));
        for forged in [renamed.unsigned(), renamed.signed(&jwt_key(&old))] {
            program.shows(&format!("Bearer {forged}")).await.must_be_refused(401, "token_invalid");
        }
    }
}

async fn with_keys(database: Database, current: &SecretMaterial, previous: &[SecretMaterial]) -> Site {
    let mut plan = Plan::default();
    plan.keys.current = current.clone();
    plan.keys.previous = previous.to_vec();
    plan.over(database).await
}

#[track_caller]
fn must_be_logged_in_as(answer: &Answer, name: &str) {
    assert_eq!((answer.status, answer.text("username")), (200, name), "{answer:?}");
}
