//! `curfew user …`, except for passwords.

use serde_json::Value;

use crate::site::{PASSWORD, down_and_up, on_every_engine};

#[test]
fn a_created_user_is_listed_and_shown_and_can_log_in() {
    down_and_up(|site| {
        site.make_user("Ana", &[]);
        site.make_user("ben", &["--staff"]);
        site.make_user("Ζωή", &["--superuser"]);
        let list = site.run(&["user", "list"]).done();
        let lines: Vec<&str> = list.lines().collect();
        assert_eq!(
            lines,
            [
                "Ana  Ana@example.org  member  active",
                "ben  ben@example.org  staff  active",
                "Ζωή  Ζωή@example.org  superuser  active"
            ]
        );
        for name in ["Ana", "aNA", "ana@EXAMPLE.org"] {
            let shown = site.run(&["user", "show", name]).done();
            assert!(shown.contains("username       Ana\n") && shown.contains("live sessions  0\n"), "{shown}");
        }
        assert!(site.logged_in("ben").is_logged_in());
    });
}

#[test]
fn json_output_is_one_object_per_line_with_the_same_keys_everywhere() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.make_user("ben", &["--staff"]);
        site.make_user("cleo", &["--superuser", "--staff"]);
        let list = site.run(&["user", "list", "--json"]).done();
        let users: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        let names: Vec<&str> = users.iter().filter_map(|user| user["username"].as_str()).collect();
        assert_eq!(names, ["ana", "ben", "cleo"]);
        for user in &users {
            assert_eq!(*user, site.show(user["username"].as_str().expect("a name")));
        }
        let expected = serde_json::json!({
            "id": users[1]["id"], "username": "ben", "email": "ben@example.org", "role": "staff",
            "is_active": true, "is_staff": true, "is_superuser": false,
            "date_joined": users[1]["date_joined"], "last_login": null, "last_seen": null,
            "force_logout_date": null, "force_logout_cause": null, "force_logout_scheduled": null,
            "deactivated_until": null,
        });
        assert_eq!(users[1], expected);
        let joined = users[1]["date_joined"].as_str().expect("a timestamp");
        assert!(joined.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(joined).is_ok(), "{joined}");
    });
}

#[test]
fn a_reset_link_lets_the_user_choose_a_password_once() {
    down_and_up(|site| {
        site.make_user("ana", &[]);
        let link = site.run(&["user", "reset-link", "ana"]).done();
        let (_, token) = link.trim_end().split_once("/password/reset/").expect("an address and nothing else");
        assert!(link.starts_with("http") && token.len() == 32, "{link}");
        assert_ne!(site.run(&["user", "reset-link", "ana@example.org"]).done(), link, "each is a new one");
        let events = site.run(&["event", "list", "ana"]).done();
        assert_eq!(events.matches("reset-link").count(), 2, "{events}");
        assert!(!events.contains(token), "{events}");
        site.run(&["user", "deactivate", "ana", "--reason", "left"]).done();
        let refused = site.run(&["user", "reset-link", "ana"]).refused();
        assert!(refused.contains("ana") && refused.contains("deactivated"), "{refused}");
        let refused = site.run(&["user", "reset-link", "nobody"]).refused();
        assert!(refused.contains("nobody"), "{refused}");
    });
}

#[test]
fn a_list_without_users_is_empty() {
    on_every_engine(|site| {
        assert_eq!(site.run(&["user", "list"]).done(), "");
        assert_eq!(site.run(&["user", "list", "--json"]).done(), "");
    });
}

#[test]
fn a_name_or_email_that_is_taken_or_malformed_is_refused() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let too_long = "x".repeat(65);
        for (name, email, said) in [
            ("ANA", "other@example.org", "This username is taken"),
            ("other", "Ana@Example.org", "The email Ana@Example.org belongs to another account"),
            ("ana@example.org", "other@example.org", "This username is taken"),
            ("other", "ana", "not an email address"),
            ("", "other@example.org", "Choose a username"),
            ("a b", "other@example.org", "only letters, digits"),
            (&too_long, "other@example.org", "at most 64 characters"),
        ] {
            let program = site.program(&["user", "create", name, "--email", email, "--password-stdin"]);
            let outcome = program.run_with(PASSWORD.as_bytes());
            let is_taken = said.starts_with("This username") || said.starts_with("The email");
            let refusal = if is_taken { outcome.refused() } else { outcome.misused() };
            assert!(refusal.contains(said), "{name} {email}: {refusal}");
            assert!(!is_taken || refusal.starts_with(&format!("{name}: ")), "{refusal}");
        }
        assert_eq!(site.run(&["user", "list"]).done().lines().count(), 1, "no user was created");
    });
}

#[test]
fn a_demotion_ends_the_logins_and_a_promotion_does_not() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        assert_eq!(site.run(&["user", "role", "ana", "superuser"]).done(), "ana is now superuser.\n");
        assert_eq!(ana.get("/admin").status, 200);
        assert_eq!(site.run(&["user", "role", "ana", "superuser"]).done(), "ana was already superuser.\n");
        site.make_user("ben", &["--superuser"]);
        let done = site.run(&["user", "role", "ana@example.org", "staff"]).done();
        assert_eq!(done, "ana@example.org is now staff; 1 session ended.\n");
        assert_eq!(ana.end_reason().as_deref(), Some("role-changed"));
        assert_eq!(site.show("ana")["role"], "staff");
    });
}

#[test]
fn a_deactivated_user_is_out_until_activated_and_no_old_login_revives() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        let said = site.run(&["user", "deactivate", "ana", "--reason", "Asked for it"]).done();
        assert_eq!(said, "ana is deactivated; 1 session ended.\n");
        assert_eq!(ana.end_reason().as_deref(), Some("deactivated"));
        assert!(!ana.logs_in("ana", PASSWORD), "not even with the correct password");
        assert_eq!(site.show("ana")["is_active"], false);
        assert!(site.run(&["user", "list"]).done().ends_with("member  inactive\n"));
        assert!(site.run(&["user", "show", "ana"]).done().contains("status         inactive\n"));

        assert_eq!(site.run(&["user", "activate", "ana"]).done(), "ana is active again.\n");
        assert_eq!(site.run(&["user", "activate", "ana"]).done(), "ana was active already.\n");
        ana.must_be_logged_out_soon();
        assert!(ana.logs_in("ana", PASSWORD));
    });
}

#[test]
fn a_reason_is_text_of_up_to_500_characters() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let deactivate = |reason: &str| site.run(&["user", "deactivate", "ana", "--reason", reason]);
        assert!(deactivate(&"é".repeat(501)).misused().contains("at most 500 characters"));
        assert_eq!(site.show("ana")["is_active"], true);
        deactivate(&"é".repeat(500)).done();
    });
}

#[test]
fn deleting_needs_confirmation_and_ends_the_logins() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        assert!(site.run(&["user", "delete", "ana"]).misused().contains("--yes"));
        assert!(ana.is_logged_in());
        assert_eq!(site.run(&["user", "delete", "ana", "--yes"]).done(), "ana is deleted; 1 session ended.\n");
        assert_eq!(ana.end_reason().as_deref(), Some("deleted"));
        assert!(!ana.logs_in("ana", PASSWORD));
        assert_eq!(site.run(&["user", "list"]).done(), "");
        site.make_user("ana", &[]);
        ana.must_be_logged_out_soon();
    });
}

#[test]
fn the_last_superuser_cannot_be_removed() {
    down_and_up(|site| {
        site.make_user("ana", &["--superuser"]);
        let acts: [&[&str]; 4] = [
            &["user", "role", "ana", "member"],
            &["user", "role", "ana", "staff"],
            &["user", "deactivate", "ana", "--reason", "x"],
            &["user", "delete", "ana", "--yes"],
        ];
        for act in acts {
            let refusal = site.run(act).refused();
            assert_eq!(refusal, "ana: This is the last superuser. Create another one first.", "{act:?}");
        }
        assert_eq!(site.show("ana")["role"], "superuser");
        site.make_user("ben", &["--superuser"]);
        site.run(&["user", "deactivate", "ben", "--reason", "x"]).done();
        assert!(site.run(acts[3]).refused().contains("last superuser"), "an inactive superuser does not count");
        site.run(&["user", "activate", "ben"]).done();
        site.run(acts[3]).done();
    });
}

#[test]
fn every_command_refuses_a_missing_user() {
    on_every_engine(|site| {
        let commands: [&[&str]; 11] = [
            &["user", "show", "nobody"],
            &["user", "show", "nobody", "--json"],
            &["user", "deactivate", "nobody", "--reason", "x"],
            &["user", "activate", "nobody"],
            &["user", "role", "nobody", "staff"],
            &["user", "delete", "nobody", "--yes"],
            &["user", "password", "nobody", "--password-stdin"],
            &["session", "list", "nobody"],
            &["session", "list", "nobody", "--json"],
            &["force-logout", "nobody"],
            &["force-logout", "nobody", "--cancel"],
        ];
        for command in commands {
            let refusal = site.run(command).refused();
            assert_eq!(refusal, "There is no such user: nobody. `curfew user list` lists all users.", "{command:?}");
        }
        assert!(site.run(&["user", "show", ""]).misused().contains("username or email"));
    });
}
