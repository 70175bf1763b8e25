//! Opaque tokens: shown once, stored as a hash, listed and revoked by their public id.

use chrono::{DateTime, TimeDelta, Utc};
use curfew::domain::people::role::Role;
use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;

use crate::harness::{
    program::Program,
    redis::Redis,
    site::{PASSWORD, Plan, Site},
    store::engines,
};

#[rocket::async_test]
async fn a_token_is_long_recognisable_and_valid_for_three_days() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let mut program = person.program();
        let before = Utc::now();
        let answer = program.logs_in_for_token().await;
        answer.must_be(201);
        assert_eq!(answer.json.as_object().map(serde_json::Map::len), Some(3), "{answer:?}");
        let secret = answer.text("token").strip_prefix("curfew_").expect("a prefix that secret scanners recognise");
        assert!(secret.len() * 5 >= 160, "at least 160 random bits: {secret}");
        let expires = DateTime::parse_from_rfc3339(answer.text("expires")).expect("a timestamp");
        let lifetime = expires.to_utc() - before;
        assert!((lifetime - TimeDelta::hours(72)).abs() < TimeDelta::minutes(1), "{answer:?}");
        site.shift_clock(TimeDelta::hours(72) - TimeDelta::minutes(1));
        assert!(program.is_logged_in().await, "it has no idle timeout");
        site.shift_clock(TimeDelta::minutes(2));
        let refused = program.asks_who_it_is().await;
        refused.must_be_refused(401, "token_expired");
        assert_eq!(refused.reason(), Some("expired"));
        site.shift_clock(TimeDelta::hours(-1));
        assert!(!program.is_logged_in().await, "expired stays expired when the clock steps back");
    }
}

#[rocket::async_test]
async fn the_token_lifetime_is_a_setting() {
    for engine in engines() {
        let mut plan = Plan::default();
        plan.settings.token_lifetime = std::time::Duration::from_hours(1);
        let site = plan.on(engine).await;
        let program = site.person(Role::Member).await.program_with_token().await;
        site.shift_clock(TimeDelta::minutes(59));
        assert!(program.is_logged_in().await);
        site.shift_clock(TimeDelta::minutes(1));
        program.asks_who_it_is().await.must_be_refused(401, "token_expired");
    }
}

#[rocket::async_test]
async fn every_token_is_different() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..20 {
            let program = person.program_with_token().await;
            assert!(seen.insert(program.opaque) && seen.insert(program.opaque_id));
        }
    }
}

#[rocket::async_test]
async fn a_secret_is_shown_once_and_stored_nowhere() {
    for engine in engines() {
        let redis = Redis::start().await;
        let site = Plan { redis: redis.as_ref().map(Redis::address), ..Plan::default() }.on(engine).await;
        let person = site.signed_in(Role::Superuser).await;
        let mut jwt = person.program_with_jwt().await;
        let opaque = person.program_with_token().await;
        assert!(jwt.is_logged_in().await && opaque.is_logged_in().await);
        let mut secrets = vec![jwt.access.clone(), jwt.refresh.clone(), opaque.opaque.clone()];
        jwt.refreshes().await.must_be(200);
        secrets.extend([jwt.access.clone(), jwt.refresh.clone()]);
        jwt.deletes(&format!("/api/tokens/{}", opaque.opaque_id)).await.must_be(204);
        person.program_with_token().await;

        let mut everything = site.database.dump().await;
        if let Some(redis) = &redis {
            everything.extend(redis.contents().await.into_iter().map(|(key, value)| format!("{key} {value}")));
        }
        for path in ["/api/me", "/api/tokens", "/api/sessions", &format!("/api/users/{}", person.name)] {
            everything.push(jwt.gets(path).await.json.to_string());
        }
        let mut browser = person.clone();
        for path in ["/account", "/account/sessions", "/admin/events", "/admin/events.csv", "/admin/sessions"] {
            everything.push(browser.opens(path).await.body);
        }
        everything.push(browser.opens(&format!("/admin/users/{}", person.id)).await.body);
        let everything = everything.join("\n").to_lowercase();
        for secret in secrets {
            for form in encodings_of(&secret) {
                assert!(!everything.contains(&form.to_lowercase()), "{form} is stored or logged");
            }
        }
    }
}

/// Every form in which a secret could be stored: its parts, encoded and decoded, in every alphabet.
fn encodings_of(secret: &str) -> Vec<String> {
    let mut writings = Vec::new();
    let random = secret.strip_prefix("curfew_").unwrap_or(secret);
    let pieces = random.split('.').skip(usize::from(random.contains('.'))); // the header is the same for every token
    for piece in pieces.chain([secret]) {
        writings.extend([piece.to_owned(), HEXLOWER.encode(piece.as_bytes()), BASE64.encode(piece.as_bytes())]);
        if let Ok(bytes) = BASE32_NOPAD.decode(piece.to_uppercase().as_bytes()) {
            writings.extend([HEXLOWER.encode(&bytes), BASE64.encode(&bytes), BASE64URL_NOPAD.encode(&bytes)]);
        }
    }
    writings
}

#[rocket::async_test]
async fn a_stolen_copy_of_the_database_and_redis_authenticates_nobody() {
    for engine in engines() {
        let redis = Redis::start().await;
        let site = Plan { redis: redis.as_ref().map(Redis::address), ..Plan::default() }.on(engine).await;
        for role in [Role::Member, Role::Staff, Role::Superuser] {
            let person = site.signed_in(role).await;
            let (jwt, opaque) = (person.program_with_jwt().await, person.program_with_token().await);
            assert!(jwt.is_logged_in().await && opaque.is_logged_in().await);
        }
        let mut stolen: Vec<String> = site.database.dump().await.iter().flat_map(|row| pieces_of(row)).collect();
        if let Some(redis) = &redis {
            let contents = redis.contents().await;
            assert!(
                contents.iter().any(|(key, _)| key.starts_with("curfew:token:")),
                "Redis must contain token keys: {contents:?}"
            );
            stolen.extend(contents.iter().flat_map(|(key, value)| pieces_of(key).into_iter().chain(pieces_of(value))));
            stolen.extend(contents.into_iter().flat_map(|(key, value)| [key, value]));
        }
        stolen.sort();
        stolen.dedup();
        assert!(stolen.len() > 100, "the test must find candidates: {}", stolen.len());
        let thief = site.visitor().program();
        for text in &stolen {
            for authorization in [format!("Token {text}"), format!("Token curfew_{text}"), format!("Bearer {text}")] {
                let refused = thief.shows(&authorization).await;
                assert_eq!(refused.status, 401, "{authorization}: {refused:?}");
            }
            assert_eq!(thief.refreshes_with(text).await.status, 401, "{text}");
        }
    }
}

/// The strings in a row, and its blobs in every encoding that a token could have.
fn pieces_of(row: &str) -> Vec<String> {
    let is_end = |c: char| c.is_whitespace() || "'\",{}[]()\\:".contains(c);
    let mut pieces: Vec<String> = row.split(is_end).filter(|piece| piece.len() > 3).map(str::to_owned).collect();
    for piece in pieces.clone() {
        let hex = piece.strip_prefix('x').unwrap_or(&piece).to_lowercase();
        let bytes = HEXLOWER.decode(hex.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(piece.as_bytes()));
        if let Ok(bytes) = bytes.map(|bytes| bytes.into_iter().take(25).collect::<Vec<u8>>()) {
            pieces.push(BASE32_NOPAD.encode(&bytes).to_lowercase());
            pieces.push(BASE64URL_NOPAD.encode(&bytes));
        }
    }
    pieces
}

#[rocket::async_test]
async fn a_label_is_stored_as_the_user_wrote_it() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let program = person.program_with_token().await;
        let longest = "é".repeat(100);
        for (given, kept) in [
            (json!("  backup on cronos "), "backup on cronos"),
            (json!(longest), &*longest),
            (json!("<b>\"x\"</b> 🙂"), "<b>\"x\"</b> 🙂"),
            (json!(""), "API login"),
            (json!("  "), "API login"),
            (json!(null), "API login"),
        ] {
            let body = json!({ "username": person.name, "password": PASSWORD, "label": given });
            let made = program.posts("/api/auth-token", &body).await;
            made.must_be(201);
            let listed = program.gets("/api/tokens").await;
            let tokens = listed.json["tokens"].as_array().expect("a list");
            let own = tokens.iter().find(|token| token["id"] == made.text("id")).expect("the token in the list");
            assert_eq!(own["label"], kept, "{given}");
        }
        let body = json!({ "username": person.name, "password": PASSWORD });
        program.posts("/api/auth-token", &body).await.must_be(201);
        for label in ["a\nb".to_owned(), "a\u{202e}b".into(), "\u{0}".into(), "é".repeat(101), "a\u{1b}[31m".into()] {
            let body = json!({ "username": person.name, "password": PASSWORD, "label": label });
            let refused = program.posts("/api/auth-token", &body).await;
            refused.must_be_refused(400, "bad_request");
            assert!(refused.json["errors"]["label"].is_string(), "{refused:?}");
        }
    }
}

#[rocket::async_test]
async fn own_tokens_are_listed_with_their_last_use() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let (person, other) = (site.person(Role::Member).await, site.person(Role::Member).await);
        let (one, two) = (person.program_with_token().await, person.program_with_token().await);
        let jwt = person.program_with_jwt().await;
        other.program_with_token().await;
        assert!(one.is_logged_in().await);
        let listed = one.gets("/api/tokens").await;
        let tokens = listed.must_be(200).json["tokens"].as_array().expect("a list").clone();
        let ids: Vec<&str> = tokens.iter().filter_map(|token| token["id"].as_str()).collect();
        assert_eq!(ids, [&*two.opaque_id, &*one.opaque_id], "newest first, without JWTs: {listed:?}");
        let [of_two, of_one] = [&tokens[0], &tokens[1]];
        assert_eq!((&of_one["is_current"], &of_two["is_current"]), (&json!(true), &json!(false)), "{listed:?}");
        assert!(of_one["last_used"].is_string() && of_two["last_used"].is_null(), "{listed:?}");
        assert!(!listed.json.to_string().contains("curfew_"), "{listed:?}");
        let used =
            DateTime::parse_from_rfc3339(of_one["last_used"].as_str().expect("a timestamp")).expect("a timestamp");
        site.shift_clock(TimeDelta::minutes(3));
        assert!(one.is_logged_in().await);
        let listed = jwt.clone().gets("/api/tokens").await;
        let later = listed.must_be(200).json["tokens"][1]["last_used"].as_str().expect("a timestamp").to_owned();
        let later = DateTime::parse_from_rfc3339(&later).expect("a timestamp");
        assert!(later - used >= TimeDelta::minutes(2), "{used} {later}");
        let browsers = jwt.gets("/api/sessions").await;
        assert_eq!(browsers.json["sessions"], json!([]), "a token is not in the list of sessions: {browsers:?}");
    }
}

#[rocket::async_test]
async fn own_sessions_are_listed_and_can_be_ended() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut second = person.another_browser();
        second.logs_in().await.must_be(303);
        let stranger = site.signed_in(Role::Superuser).await.program_with_token().await;
        let program = person.program_with_jwt().await;
        let listed = program.gets("/api/sessions").await;
        let sessions = listed.must_be(200).json["sessions"].as_array().expect("a list").clone();
        assert_eq!(sessions.len(), 2, "{listed:?}");
        assert!(sessions.iter().all(|session| session["user_agent"] == "Firefox"), "{listed:?}");
        let newest = sessions.iter().max_by_key(|session| session["created"].as_str().map(str::to_owned));
        let id = newest.and_then(|session| session["id"].as_str()).expect("a name");
        stranger.deletes(&format!("/api/sessions/{id}")).await.must_be_refused(404, "not_found");
        assert!(second.is_logged_in().await, "staff cannot end other users' logins through this endpoint");
        for _ in 0..2 {
            program.deletes(&format!("/api/sessions/{id}")).await.must_be(204);
        }
        assert!(!second.is_logged_in().await && person.is_logged_in().await && program.is_logged_in().await);
        assert_eq!(second.opens("/login").await.data_reason(), Some("ended-by-user"));
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended' AND reason = 'ended-by-user'";
        assert_eq!(site.database.number(recorded).await, 1);
    }
}

#[rocket::async_test]
async fn only_its_owner_can_revoke_a_token() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (one, two) = (person.program_with_token().await, person.program_with_token().await);
        let path = format!("/api/tokens/{}", one.opaque_id);
        for role in [Role::Member, Role::Staff, Role::Superuser] {
            let other = site.person(role).await.program_with_token().await;
            other.deletes(&path).await.must_be_refused(404, "not_found");
        }
        assert!(one.is_logged_in().await);
        for _ in 0..2 {
            two.deletes(&path).await.must_be(204);
        }
        one.asks_who_it_is().await.must_have_ended("ended-by-user");
        two.deletes(&path.to_uppercase().replace("/API/TOKENS", "/api/tokens")).await.must_be(204);
        two.deletes("/api/tokens/aaaaaaaaaaaaaaaa").await.must_be_refused(404, "not_found");
        assert!(two.is_logged_in().await);
        two.deletes(&format!("/api/tokens/{}", two.opaque_id)).await.must_be(204);
        two.asks_who_it_is().await.must_have_ended("logged-out");
        let recorded = "SELECT reason FROM curfew_events WHERE kind = 'token-ended' ORDER BY id";
        assert_eq!(site.database.texts(recorded).await, ["ended-by-user", "logged-out"], "one event each");
    }
}

/// The same client on another node, which has cached nothing yet.
fn at<'s>(site: &'s Site, program: &Program<'_>) -> Program<'s> {
    let mut there = site.visitor().program();
    there.id = program.id;
    there.authorization.clone_from(&program.authorization);
    there
}

#[rocket::async_test]
async fn emptying_or_losing_redis_logs_nobody_out() {
    for engine in engines() {
        let Some(mut redis) = Redis::start().await else { return };
        let plan = || Plan { redis: Some(redis.address()), ..Plan::default() };
        let (one, mut sites) = (plan().on(engine).await, Vec::new());
        for _ in 0..4 {
            sites.push(plan().over(one.database.second_handle()).await);
        }
        let person = one.person(Role::Member).await;
        let (program, ended) = (person.program_with_token().await, person.program_with_token().await);
        assert!(program.is_logged_in().await && ended.is_logged_in().await);
        redis.is_emptied().await;
        assert!(program.is_logged_in().await, "emptied");
        assert!(at(&sites[0], &program).is_logged_in().await, "another node, after Redis was emptied");
        redis.dies();
        assert!(program.is_logged_in().await, "gone");
        assert!(at(&sites[1], &program).is_logged_in().await, "another node, without Redis");
        program.deletes(&format!("/api/tokens/{}", ended.opaque_id)).await.must_be(204);
        at(&sites[1], &ended).asks_who_it_is().await.must_have_ended("ended-by-user");
        assert!(person.program_with_token().await.is_logged_in().await, "logging in must work");
        redis.comes_back().await;
        for site in &sites {
            assert!(at(site, &program).is_logged_in().await, "back");
            at(site, &ended).asks_who_it_is().await.must_have_ended("ended-by-user");
        }
    }
}

#[rocket::async_test]
async fn an_ended_token_is_refused_even_if_redis_holds_it() {
    for engine in engines() {
        let Some(redis) = Redis::start().await else { return };
        let plan = || Plan { redis: Some(redis.address()), ..Plan::default() };
        let one = plan().on(engine).await;
        let two = plan().over(one.database.second_handle()).await;
        let person = one.person(Role::Member).await;
        for sql in [
            "UPDATE curfew_logins SET ended_at = login_date WHERE kind <> 'browser' AND id = 'ID'",
            "DELETE FROM curfew_logins WHERE kind <> 'browser' AND id = 'ID'",
            "UPDATE curfew_logins SET kind = 'jwt' WHERE kind <> 'browser' AND id = 'ID'",
            "UPDATE curfew_logins SET user_id = 0 WHERE kind <> 'browser' AND id = 'ID'",
        ] {
            let program = person.program_with_token().await;
            assert!(program.is_logged_in().await);
            let before = redis.contents().await;
            one.database.execute(&sql.replace("ID", &program.opaque_id)).await;
            let kept = redis.contents().await;
            assert_eq!(kept.len(), before.len(), "Redis must still contain the key");
            for site in [&one, &two] {
                let refused = at(site, &program).asks_who_it_is().await;
                assert_eq!(refused.status, 401, "{sql}: {refused:?}");
            }
        }
    }
}

#[rocket::async_test]
async fn writing_to_redis_logs_nobody_in_or_out() {
    for engine in engines() {
        let Some(redis) = Redis::start().await else { return };
        let plan = || Plan { redis: Some(redis.address()), ..Plan::default() };
        let site = plan().on(engine).await;
        let (person, superuser) = (site.person(Role::Member).await, site.person(Role::Superuser).await);
        let (victim, jwt) = (superuser.program_with_token().await, superuser.program_with_jwt().await);
        assert!(victim.is_logged_in().await && jwt.is_logged_in().await);
        let mut known = redis.contents().await;
        known.retain(|(key, _)| key.starts_with("curfew:token:")); // the others count the logins
        let [(_, of_victim)] = &known[..] else { panic!("one key: {known:?}") };
        let words: Vec<&str> = of_victim.split(' ').collect();
        let own = format!("{} {}", person.id, words[1..].join(" "));
        let later = format!("{} {} {} {}", words[0], words[1], i64::MAX / 2, words[3]);
        let poisons: [&str; 8] =
            [of_victim, &own, &later, "", "x", "1 2 3 4", &format!("{of_victim} 1"), "9999 aaaaaaaaaaaaaaaa 0 0"];
        for poison in poisons {
            // An existing token, and one that nobody has.
            let program = person.program_with_token().await;
            let mut nobodys = site.visitor().program();
            nobodys.opaque = format!("curfew_{}", BASE32_NOPAD.encode(&rand::random::<[u8; 25]>()).to_lowercase());
            nobodys.authorization = format!("Token {}", nobodys.opaque);
            for secret in [&program.opaque, &nobodys.opaque] {
                redis.sets(&key_of(secret), poison).await;
            }
            for _ in 0..2 {
                let answer = program.asks_who_it_is().await;
                assert_eq!((answer.status, answer.text("username")), (200, &*person.name), "{poison}: {answer:?}");
                let refused = nobodys.asks_who_it_is().await;
                assert_eq!((refused.status, refused.code()), (401, "token_invalid"), "{poison}: {refused:?}");
            }
        }
        let program = person.program_with_token().await;
        redis.sets_list(&key_of(&program.opaque)).await;
        assert!(program.is_logged_in().await, "a value that is not a string is ignored");
    }
}

/// The Redis key of a secret.
fn key_of(secret: &str) -> String {
    use sha2::{Digest as _, Sha256};
    format!("curfew:token:{}", BASE64URL_NOPAD.encode(&Sha256::digest(secret.as_bytes())))
}

#[rocket::async_test]
async fn a_stale_redis_entry_does_not_authenticate() {
    for engine in engines() {
        let Some(redis) = Redis::start().await else { return };
        let site = Plan { redis: Some(redis.address()), ..Plan::default() }.on(engine).await;
        let person = site.person(Role::Member).await;
        let (one, two) = (person.program_with_token().await, person.program_with_token().await);
        assert!(one.is_logged_in().await && two.is_logged_in().await);
        // The entry of one token, stored under the other's hash, on a node that has cached neither.
        let contents = redis.contents().await;
        let of_two = contents.iter().find(|(key, _)| *key == key_of(&two.opaque)).expect("its key");
        redis.sets(&key_of(&one.opaque), &of_two.1).await;
        two.deletes(&format!("/api/tokens/{}", one.opaque_id)).await.must_be(204);
        let other = Plan { redis: Some(redis.address()), ..Plan::default() }.over(site.database.second_handle()).await;
        at(&other, &one).asks_who_it_is().await.must_have_ended("ended-by-user");
        assert!(at(&other, &two).is_logged_in().await);
    }
}
