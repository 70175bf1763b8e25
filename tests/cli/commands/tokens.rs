//! `curfew token …`, and that the client with the token is let in and really refused afterwards.

use serde_json::Value;

use crate::{
    program::until,
    site::{Site, down_and_up, on_every_engine},
};

/// A user's tokens, from `--json`.
#[track_caller]
fn tokens_of(site: &Site, name: &str) -> Vec<Value> {
    let list = site.run(&["token", "list", name, "--json"]).done();
    list.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

/// The API's answer to this token: the status, and the body.
fn answer(site: &mut Site, token: &str) -> (u16, Value) {
    let page = site.browser().calls("/api/me", &format!("Token {token}"));
    (page.status, serde_json::from_str(&page.body).expect("an object"))
}

#[test]
fn a_token_is_printed_once_and_works_until_it_is_revoked() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        assert_eq!(site.run(&["token", "list", "ana"]).done(), "");
        let printed = site.run(&["token", "create", "ana", "--label", "backup at night"]).done();
        let token = printed.trim_end();
        assert!(token.starts_with("curfew_") && token.len() == 47 && printed.lines().count() == 1, "{printed}");
        let (status, me) = answer(site, token);
        assert_eq!((status, me["username"].as_str()), (200, Some("ana")));

        let tokens = tokens_of(site, "ANA@example.org");
        let expected = serde_json::json!({
            "id": tokens[0]["id"], "user_id": site.show("ana")["id"], "username": "ana", "kind": "opaque",
            "label": "backup at night", "created": tokens[0]["created"], "last_used": tokens[0]["last_used"],
            "expires": tokens[0]["expires"], "address": "", "user_agent": "",
        });
        assert_eq!(tokens, [expected]);
        let moment = |name: &str| -> chrono::DateTime<chrono::Utc> {
            tokens[0][name].as_str().expect(name).parse().expect("a timestamp")
        };
        assert_eq!(moment("expires") - moment("created"), chrono::TimeDelta::hours(72));

        let id = tokens[0]["id"].as_str().expect("an id");
        assert_eq!(site.run(&["token", "revoke", id]).done(), format!("The token {id} has ended.\n"));
        assert_eq!(site.run(&["token", "revoke", id]).done(), format!("The token {id} had ended already.\n"));
        assert_eq!(site.run(&["token", "list", "ana"]).done(), "");
        // Changes by another process take effect within a second.
        until("the token is refused", || answer(site, token).0 == 401);
        let (_, why) = answer(site, token);
        assert_eq!((why["code"].as_str(), why["reason"].as_str()), (Some("session_ended"), Some("forced-out")));
    });
}

#[test]
fn a_force_logout_and_a_deactivation_say_how_many_tokens_they_ended() {
    down_and_up(|site| {
        site.make_user("ana", &[]);
        for label in ["one", "two"] {
            site.run(&["token", "create", "ana", "--label", label, "--ttl", "30 days"]).done();
        }
        assert!(site.run(&["user", "show", "ana"]).done().contains("live tokens    2\n"));
        let said = site.run(&["force-logout", "ana"]).done();
        assert!(said.ends_with("have ended; 2 tokens ended.\n"), "{said}");
        site.run(&["token", "create", "ana", "--label", "three"]).done();
        let said = site.run(&["user", "deactivate", "ana", "--reason", "left"]).done();
        assert_eq!(said, "ana is deactivated; 1 token ended.\n");
        assert!(site.run(&["token", "create", "ana", "--label", "four"]).refused().contains("deactivated"));
        assert_eq!(site.run(&["token", "list", "ana"]).done(), "");
    });
}

#[test]
fn invalid_token_options_are_refused() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let refused = |args: &[&str]| site.run(args).misused();
        for (label, says) in [("", "what the token is for"), ("a\u{202e}b", "control characters")] {
            let said = refused(&["token", "create", "ana", "--label", label]);
            assert!(said.contains(says), "{said}");
        }
        for ttl in ["", "soon", "0 s", "10 years"] {
            let said = refused(&["token", "create", "ana", "--label", "x", "--ttl", ttl]);
            assert!(said.contains("72h or 30 days"), "{ttl}: {said}");
        }
        assert!(refused(&["token", "revoke", "x"]).contains("16 letters and digits"));
        let said = site.run(&["token", "create", "zoe", "--label", "x"]).refused();
        assert!(said.contains("no such user: zoe"), "{said}");
        let said = site.run(&["token", "revoke", "aaaaaaaaaaaaaaaa"]).refused();
        assert!(said.starts_with("There is no such token: aaaaaaaaaaaaaaaa. `curfew token list NAME`"), "{said}");
    });
}
