//! Without a site: only the commands that start one create its database, and they say so.

use std::fs;

use crate::{
    program::{Outcome, Program},
    site::{PASSWORD, on_every_engine, on_every_new_site},
};

#[track_caller]
fn refused(outcome: Outcome, said: &[&str]) {
    let refusal = outcome.refused();
    for words in said {
        assert!(refusal.contains(words), "{words:?} is not in: {refusal}");
    }
}

/// Every command that needs an existing site, with its arguments.
const ON_A_SITE: [&[&str]; 16] = [
    &["user", "list"],
    &["user", "show", "ana"],
    &["user", "deactivate", "ana", "--reason", "x"],
    &["user", "activate", "ana"],
    &["user", "password", "ana", "--password-stdin"],
    &["user", "role", "ana", "staff"],
    &["user", "delete", "ana", "--yes"],
    &["session", "list", "ana"],
    &["session", "end", "aaaaaaaaaaaaaaaa"],
    &["token", "create", "ana", "--label", "x"],
    &["token", "list", "ana"],
    &["token", "revoke", "aaaaaaaaaaaaaaaa"],
    &["event", "purge"],
    &["force-logout", "ana"],
    &["force-logout", "--everyone"],
    &["force-logout", "--everyone", "--cancel"],
];

#[test]
fn a_command_on_a_missing_site_names_it_and_creates_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in ON_A_SITE {
        let program = |args| Program::new(args).in_folder(folder.path());
        refused(program(args).run(), &["no database file", "var/curfew.db", "DATABASE_URL", "`curfew migrate`"]);
        let elsewhere = program(args).set("DATABASE_URL", "sqlite://elsewhere/site.db?mode=rwc");
        refused(elsewhere.run(), &["no database file", "elsewhere/site.db"]);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "{args:?}");
    }
}

#[test]
fn a_command_on_an_empty_database_changes_nothing() {
    on_every_new_site(|site| {
        if site.is_on_sqlite() {
            fs::write(site.database.file(), "").expect("an empty file");
        }
        for args in ON_A_SITE {
            refused(site.run(args), &["is empty", "DATABASE_URL", "`curfew migrate`"]);
        }
        site.run(&["migrate"]).done();
    });
}

#[test]
fn a_command_on_the_database_of_another_program_says_so() {
    on_every_new_site(|site| {
        if site.is_on_sqlite() {
            fs::write(site.database.file(), "").expect("an empty file");
        }
        site.sql("CREATE TABLE notes (text TEXT)");
        for args in ON_A_SITE {
            refused(site.run(args), &["is not a Curfew database", "DATABASE_URL", "`curfew migrate`"]);
        }
        // A program that embeds Curfew may keep its own tables in the same database.
        site.run(&["migrate"]).done();
        site.run(&["user", "list"]).done();
    });
}

#[test]
fn a_refused_new_user_creates_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let create = ["user", "create", "ana", "--email", "ana@example.org"];
    let create_from_stdin = [&create[..], &["--password-stdin"]].concat();
    let program = |args: &[&str]| Program::new(args).in_folder(folder.path());
    for (outcome, said) in [
        (program(&create).run(), "--password-stdin"),
        (program(&create_from_stdin).run_with(b"short\n"), "at least 8 characters"),
        (program(&create_from_stdin).run_with(b"\xff\xff\xff\xff\xff\xff\xff\xff\n"), "not UTF-8"),
        (program(&create_from_stdin).run_with(b"\n"), "Enter a password"),
    ] {
        refused(outcome, &[said]);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "{said}");
    }
}

#[test]
fn forcing_everyone_out_of_a_site_without_users_is_refused() {
    on_every_engine(|site| {
        for args in
            [&["force-logout", "--everyone"][..], &["force-logout", "--everyone", "--at", "2999-01-01T00:00:00Z"]]
        {
            refused(site.run(args), &["no users in the database", "DATABASE_URL"]);
        }
        site.make_user("ana", &[]);
        site.run(&["force-logout", "--everyone"]).done();
    });
}

#[test]
fn a_command_that_creates_the_database_file_says_so_once() {
    for args in [&["migrate"][..], &["user", "create", "ana", "--email", "ana@example.org", "--password-stdin"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let run = || Program::new(args).in_folder(folder.path()).run_with(format!("{PASSWORD}\n").as_bytes());
        let said = run().done();
        assert!(said.starts_with("Created the database file var/curfew.db.\n"), "{said}");
        assert!(!run().out.contains("Created the database file"), "{args:?}");
    }
    on_every_new_site(|site| {
        site.start();
        let created = site.server.as_ref().expect("a server").running.heard("Created the database file ");
        let file = site.is_on_sqlite().then(|| format!("{}.", site.database.file().display()));
        assert_eq!(created, file);
    });
}
