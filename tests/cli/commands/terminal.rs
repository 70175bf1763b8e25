//! Output is safe for a terminal, wherever the text came from.

use crate::{program::Outcome, site::on_every_engine};

/// A colour, a control sequence and right-to-left text.
const TRICKS: &str = "\u{1b}[31mred\u{7}\u{9b}2J\u{202e}drawkcab";

#[track_caller]
fn is_safe(outcome: &Outcome) {
    let printed = format!("{}{}", outcome.out, outcome.err);
    let is_steering = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!printed.contains(is_steering), "{printed:?}");
}

#[test]
fn arguments_are_never_echoed_unescaped() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let commands: [&[&str]; 14] = [
            &[TRICKS],
            &["user", TRICKS],
            &["user", "show", TRICKS],
            &["user", "show", "ana", TRICKS],
            &["user", "create", TRICKS, "--email", "ana@example.org", "--password-stdin"],
            &["user", "create", "ben", "--email", TRICKS, "--password-stdin"],
            &["user", "deactivate", "ana", "--reason", TRICKS],
            &["user", "role", "ana", TRICKS],
            &["user", "delete", TRICKS, "--yes"],
            &["session", "list", TRICKS],
            &["session", "end", TRICKS],
            &["force-logout", "ana", "--reason", TRICKS],
            &["force-logout", "ana", "--at", TRICKS],
            &["force-logout", "--everyone", TRICKS],
        ];
        for command in commands {
            let outcome = site.run(command);
            is_safe(&outcome);
            assert_ne!(outcome.status.code(), Some(0), "{command:?}");
        }
        let reason = "First line\nand a second";
        let outcome = site.run(&["force-logout", "ana", "--reason", reason]);
        assert_eq!(outcome.out.lines().count(), 1, "{outcome:?}");
        outcome.done();
    });
}

#[test]
fn a_name_written_by_sql_is_escaped() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let email = format!("{TRICKS}\n\u{e0041}@example.org");
        site.sql(&format!("UPDATE curfew_users SET email = '{email}'"));
        for command in [&["user", "list"][..], &["user", "show", "ana"], &["user", "list", "--json"]] {
            let outcome = site.run(command);
            is_safe(&outcome);
            outcome.done();
        }
        assert_eq!(site.run(&["user", "list"]).done().lines().count(), 1);
        assert_eq!(site.show("ana")["email"], email.as_str(), "JSON escapes it");
    });
}

#[test]
fn an_argument_that_is_not_text_is_wrong_usage() {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = std::ffi::OsStr::from_bytes(b"ana\xff");
    let program = crate::program::Program::new(&["user", "show"]).also(bytes);
    let outcome = program.run();
    is_safe(&outcome);
    outcome.misused();
}

#[test]
fn failed_output_is_an_error_except_for_a_closed_pipe() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let said = site.program(&["user", "list", "--json"]).run_into(full.into());
        assert_eq!(said.status.code(), Some(1), "{said:?}");
        assert!(said.err.contains("cannot write to standard output"), "{said:?}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        site.program(&["user", "list"]).run_into(writer.into()).done();
    });
}
