//! `curfew session …`, and that the sessions over HTTP really end.

use serde_json::Value;

use crate::site::{PASSWORD, Site, down_and_up, on_every_engine};

/// A user's sessions, from `--json`.
#[track_caller]
fn sessions_of(site: &Site, name: &str) -> Vec<Value> {
    let list = site.run(&["session", "list", name, "--json"]).done();
    list.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

fn id(session: &Value) -> String {
    session["id"].as_str().expect("an id").to_owned()
}

#[test]
fn the_live_sessions_of_a_user_are_listed() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.make_user("ben", &[]);
        assert_eq!(site.run(&["session", "list", "ana"]).done(), "");
        assert_eq!(site.run(&["session", "list", "ana", "--json"]).done(), "");
        let (_laptop, mut phone, _ben) = (site.logged_in("ana"), site.logged_in("ana"), site.logged_in("ben"));
        for name in ["ana", "ANA", "ana@example.org"] {
            let list = site.run(&["session", "list", name]).done();
            assert_eq!(list.lines().count(), 2, "{list}");
        }
        let sessions = sessions_of(site, "ana");
        assert_eq!(sessions.len(), 2);
        let expected = serde_json::json!({
            "id": sessions[0]["id"], "user_id": site.show("ana")["id"], "username": "ana",
            "login_date": sessions[0]["login_date"], "last_seen": sessions[0]["last_seen"],
            "address": "127.0.0.1", "browser": null, "system": null, "user_agent": "", "remember": false,
        });
        assert_eq!(sessions[0], expected);
        let login = sessions[0]["login_date"].as_str().expect("a timestamp");
        let seen = sessions[0]["last_seen"].as_str().expect("a timestamp");
        let line = format!("{}  login {login}  last seen {seen}  127.0.0.1  unknown browser", id(&sessions[0]));
        assert!(site.run(&["session", "list", "ana"]).done().lines().any(|said| said == line), "{line}");
        assert!(login.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(login).is_ok(), "{login}");

        phone.submit("/logout", &[]);
        assert_eq!(sessions_of(site, "ana").len(), 1, "ended sessions are not listed");
        site.run(&["force-logout", "--everyone"]).done();
        assert_eq!(sessions_of(site, "ana").len(), 0, "sessions ended by the site's date are not listed");
    });
}

#[test]
fn one_session_is_ended_and_the_others_continue() {
    on_every_engine(|site| {
        site.make_user("ana", &["--superuser"]);
        let mut laptop = site.logged_in("ana");
        let of_laptop = id(&sessions_of(site, "ana")[0]);
        let mut phone = site.logged_in("ana");
        let said = site.run(&["session", "end", &of_laptop.to_uppercase()]).done();
        assert_eq!(said, format!("The session {of_laptop} has ended.\n"));
        assert_eq!(laptop.end_reason().as_deref(), Some("forced-out"));
        let staff = phone.get("/admin").body;
        assert!(staff.contains("(command line)"), "the event names the actor: {staff}");
        assert_eq!(sessions_of(site, "ana").len(), 1);
        let said = site.run(&["session", "end", &of_laptop]).done();
        assert_eq!(said, format!("The session {of_laptop} had ended already.\n"));
    });
}

#[test]
fn a_session_is_ended_with_the_server_stopped_and_running() {
    down_and_up(|site| {
        site.make_user("ana", &[]);
        let was_down = site.server.is_none();
        let mut ana = site.logged_in("ana");
        if was_down {
            site.server.take().expect("a server").stop().done();
        }
        let sessions = sessions_of(site, "ana");
        assert_eq!(sessions.len(), 1);
        site.run(&["session", "end", &id(&sessions[0])]).done();
        assert_eq!(site.run(&["session", "list", "ana"]).done(), "");
        if was_down {
            site.start();
            let address = site.server.as_ref().expect("a server").address.clone();
            ana.moves_to(&address);
        }
        assert_eq!(ana.end_reason().as_deref(), Some("forced-out"));
        assert!(ana.logs_in("ana", PASSWORD), "logging in again must work");
    });
}

#[test]
fn a_missing_session_is_refused_and_a_deleted_users_session_has_ended() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let refusal = site.run(&["session", "end", "aaaaaaaaaaaaaaaa"]).refused();
        assert!(refusal.starts_with("There is no such session: aaaaaaaaaaaaaaaa."), "{refusal}");
        for wrong in ["x", "", "ana", "%00"] {
            assert!(site.run(&["session", "end", wrong]).misused().contains("16 letters and digits"), "{wrong}");
        }
        site.logged_in("ana");
        let session = id(&sessions_of(site, "ana")[0]);
        site.run(&["user", "delete", "ana", "--yes"]).done();
        assert!(site.run(&["session", "end", &session]).done().contains("had ended already"));
    });
}

#[test]
fn a_user_agent_cannot_control_the_terminal() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.logged_in("ana");
        let tricks = "Firefox/\u{1b}[31m\u{202e}9 \u{9b}2J";
        site.sql(&format!("UPDATE curfew_logins SET user_agent = '{tricks}', address = '\u{1b}[2J'"));
        for command in [&["session", "list", "ana"][..], &["session", "list", "ana", "--json"]] {
            let said = site.run(command).done();
            let is_steering = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(!said.contains(is_steering), "{said:?}");
            assert_eq!(said.lines().count(), 1, "{said:?}");
        }
        assert_eq!(sessions_of(site, "ana")[0]["user_agent"], tricks, "JSON escapes it");
    });
}
