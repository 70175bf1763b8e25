//! Help, and wrong usage.

use crate::program::Program;

const COMMANDS: [&[&str]; 24] = [
    &[],
    &["serve"],
    &["demo"],
    &["migrate"],
    &["user"],
    &["user", "create"],
    &["user", "list"],
    &["user", "show"],
    &["user", "deactivate"],
    &["user", "activate"],
    &["user", "password"],
    &["user", "role"],
    &["user", "delete"],
    &["session"],
    &["session", "list"],
    &["session", "end"],
    &["mail"],
    &["mail", "test"],
    &["event"],
    &["event", "purge"],
    &["token"],
    &["token", "create"],
    &["token", "list"],
    &["token", "revoke"],
];

#[test]
fn every_command_has_help() {
    for command in COMMANDS.iter().chain([&["force-logout"][..]].iter()) {
        let help = Program::new(&[command, &["--help"][..]].concat()).run().done();
        let usage = [&["Usage:", "curfew"][..], command].concat().join(" ");
        assert!(help.contains(&usage), "{help}");
        assert!(
            help.lines().next().is_some_and(|line| line.len() > 10),
            "the first line must describe the command: {help}"
        );
        // On the argument's line, or on the next one.
        let lines: Vec<&str> = help.lines().collect();
        for (line, below) in lines.iter().zip(&lines[1..]).filter(|(line, _)| line.trim().starts_with(['-', '<', '[']))
        {
            let is_explained = line.trim().contains("  ") || below.starts_with("          ");
            assert!(is_explained, "{line:?} must be explained: {help}");
        }
    }
}

#[test]
fn the_version_is_printed() {
    let version = Program::new(&["--version"]).run().done();
    assert_eq!(version, format!("curfew {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_exits_with_status_2_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in [
        &["frobnicate"][..],
        &["serve", "now"],
        &["serve", "--port", "1"],
        &["user"],
        &["user", "create", "ana"],
        &["user", "create", "--email", "ana@example.org"],
        &["user", "show"],
        &["user", "deactivate", "ana"],
        &["user", "role", "ana"],
        &["user", "role", "ana", "king"],
        &["user", "delete", "--yes"],
        &["user", "delete", "ana"],
        &["user", "show", ""],
        &["user", "create", "a b", "--email", "ana@example.org"],
        &["user", "create", "ana", "--email", "ana"],
        &["token"],
        &["token", "create", "ana"],
        &["token", "create", "ana", "--label", ""],
        &["token", "create", "ana", "--label", "x", "--ttl", "soon"],
        &["token", "revoke", "x"],
        &["session", "end", "x"],
        &["force-logout", "ana", "--at", "tomorrow"],
        &["force-logout", "--everyone", "--at", "tomorrow"],
        &["user", "list", "ana"],
        &["session"],
        &["session", "list"],
        &["session", "end"],
        &["session", "end", "a", "b"],
        &["event"],
        &["event", "purge", "all"],
    ] {
        let said = Program::new(args).in_folder(folder.path()).run().misused();
        assert!(said.contains("--help") || said.contains("Usage: curfew"), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
