//! How passwords are entered, and what a new one changes.

use crate::{
    site::{PASSWORD, down_and_up, on_every_engine},
    store::Engine,
};

const ANOTHER: &str = "copper kettle 77";

#[test]
fn a_new_password_takes_effect_at_once_and_ends_the_logins() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        let program = site.program(&["user", "password", "ana@example.org", "--password-stdin"]);
        let said = program.run_with(format!("{ANOTHER}\r\n").as_bytes()).done();
        assert_eq!(said, "The password of ana@example.org was changed; 1 session ended.\n");
        assert_eq!(ana.end_reason().as_deref(), Some("password-changed"));
        assert!(!ana.logs_in("ana", PASSWORD));
        assert!(ana.logs_in("ana", ANOTHER));
        assert_eq!(site.show("ana")["force_logout_cause"], "password-changed");
    });
}

#[test]
fn only_the_first_line_is_read_and_needs_no_newline() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        for input in [format!("{ANOTHER}\nsecond line\n"), ANOTHER.to_owned()] {
            site.program(&["user", "password", "ana", "--password-stdin"]).run_with(input.as_bytes()).done();
            assert!(site.browser().logs_in("ana", ANOTHER), "{input:?}");
        }
    });
}

#[test]
fn a_bad_password_is_refused_without_being_shown() {
    down_and_up(|site| {
        site.make_user("anastasia", &[]);
        let too_long = "x".repeat(129);
        let endless = "x".repeat(100_000);
        let cases: [(&[u8], &str); 10] = [
            (b"", "Enter a password"),
            (b"\n", "Enter a password"),
            (b"\r\n", "Enter a password"),
            (b"zq8!kPx\n", "at least 8 characters"),
            (too_long.as_bytes(), "at most 128 characters"),
            (endless.as_bytes(), "at most 128 characters"),
            (b"password1\n", "too easy to guess"),
            (b"Anastasia7\n", "not your username"),
            (b"zq8!k\0Px77\n", "a NUL character"),
            (b"zq8!kPx\xff77\n", "not UTF-8 text"),
        ];
        for (password, said) in cases {
            let set = site.program(&["user", "password", "anastasia", "--password-stdin"]).run_with(password).refused();
            let create = ["user", "create", "Anastasia", "--email", "a@example.org", "--password-stdin"];
            let create = site.program(&create).run_with(password).refused();
            for refusal in [set, create] {
                assert!(refusal.contains(said), "{said}: {refusal}");
                assert!(!refusal.contains("zq8!k") && !refusal.contains("xxx"), "{refusal}");
            }
        }
        assert_eq!(site.show("anastasia")["force_logout_date"], serde_json::Value::Null);
    });
}

#[test]
fn without_a_terminal_the_command_says_how_to_enter_the_password() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let create = ["user", "create", "ben", "--email", "ben@example.org"];
        for args in [&create[..], &["user", "password", "ana"]] {
            assert!(site.run(args).refused().contains("--password-stdin"), "{args:?}");
        }
    });
}

#[test]
fn a_password_is_never_an_argument() {
    on_every_engine(|site| {
        for args in [
            &["user", "create", "ana", "--email", "ana@example.org", "--password", PASSWORD][..],
            &["user", "create", "ana", PASSWORD, "--email", "ana@example.org"],
            &["user", "create", "ana", "--email", "ana@example.org", "--password-stdin=x"],
            &["user", "password", "ana", PASSWORD],
        ] {
            site.run(args).misused();
        }
    });
}

/// The command needs the key of the server, because hashes depend on it.
#[test]
fn a_password_is_not_set_without_the_servers_key() {
    on_every_engine(|site| {
        if site.database.engine == Engine::Sqlite {
            return; // there the key is in the folder of the database
        }
        site.make_user("ana", &[]);
        let create = ["user", "create", "ben", "--email", "ben@example.org", "--password-stdin"];
        for args in [&create[..], &["user", "password", "ana", "--password-stdin"]] {
            let program = site.program(args).unset("ROCKET_SECRET_KEY");
            let refusal = program.run_with(format!("{ANOTHER}\n").as_bytes()).refused();
            assert!(refusal.contains("ROCKET_SECRET_KEY is missing"), "{refusal}");
        }
        let listed = site.program(&["user", "list"]).unset("ROCKET_SECRET_KEY").run().done();
        assert_eq!(listed.lines().count(), 1, "no other command needs it: {listed}");
        assert!(site.browser().logs_in("ana", PASSWORD));
    });
}
