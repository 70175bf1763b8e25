//! Failed starts: one line that says what is wrong and what to do, without a panic or a secret.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

use crate::{
    browser::Browser,
    program::{Outcome, Program},
    site::{Server, on_every_engine, on_every_new_site},
    store::Engine,
};

/// What no line may contain.
const SECRET: &str = "tangerine";

#[track_caller]
fn refused(outcome: Outcome, said: &[&str]) {
    let refusal = outcome.refused();
    for words in said {
        assert!(refusal.contains(words), "{words:?} is not in: {refusal}");
    }
    assert!(!refusal.contains(SECRET), "a secret is in: {refusal}");
}

#[test]
fn each_invalid_setting_is_named_with_the_accepted_values() {
    on_every_engine(|site| {
        for (name, value, said) in [
            ("CURFEW_BCRYPT_COST", "3", &["bcrypt_cost", "\"3\"", "from 4 to 31"][..]),
            ("CURFEW_BCRYPT_COST", "twelve", &["bcrypt_cost", "\"twelve\"", "from 4 to 31"]),
            ("CURFEW_SESSION_IDLE", "soon", &["session_idle", "\"soon\"", "15 minutes"]),
            ("CURFEW_SESSION_IDLE", "0 s", &["session_idle", "from one second to 100 years"]),
            ("CURFEW_MAX_SESSIONS", "-1", &["max_sessions", "\"-1\"", "0 for no limit", "from 1 to 1000000"]),
            ("CURFEW_STAFF_MAX_SESSIONS", "one", &["staff_max_sessions", "\"one\"", "0 for no limit"]),
            ("CURFEW_WHEN_FULL", "wait", &["when_full", "\"wait\"", "\"end-oldest\" or \"refuse-new\""]),
            ("CURFEW_REGISTRATION", "maybe", &["registration", "\"maybe\"", "\"closed\""]),
            ("CURFEW_BASE_URL", "example.org", &["base_url", "https://example.org"]),
            ("CURFEW_SITE_NAME", "\u{1b}[31mred", &["site_name", "\\u{1b}", "1 to 60 characters"]),
            ("CURFEW_PREVIOUS_SECRET_KEYS", SECRET, &["previous_secret_keys", "malformed", "openssl rand"]),
            ("CURFEW_TRUSTED_PROXIES", "nowhere", &["trusted_proxies", "\"nowhere\"", "10.0.0.0/8"]),
            ("ROCKET_PORT", "abc", &["port", "\"abc\"", "from 0 to 65535"]),
            ("ROCKET_PORT", "70000", &["port", "\"70000\"", "from 0 to 65535"]),
            ("ROCKET_ADDRESS", "nowhere", &["address", "\"nowhere\"", "127.0.0.1"]),
            ("ROCKET_WORKERS", "many", &["workers", "\"many\"", "Rocket's configuration guide"]),
            ("ROCKET_TLS", "{certs=\"tangerine\",key=\"tangerine\"}", &["tls is set", "proxy"]),
            ("ROCKET_SECRET_KEY", "tangerine", &["secret_key", "malformed"]),
            ("ROCKET_CONFIG", "/nowhere/Rocket.toml", &["ROCKET_CONFIG", "/nowhere/Rocket.toml", "path of a file"]),
        ] {
            for command in [&["serve"][..], &["user", "list"]] {
                refused(site.program(command).set(name, value).run(), said);
            }
        }
    });
}

#[test]
fn a_broken_settings_file_is_reported_in_one_line_without_its_content() {
    on_every_engine(|site| {
        let path = site.database.folder.path().join("Rocket.toml");
        for (text, said) in [
            ("[default]\nsecret_key = \"tangerine\n", "line 2"),
            ("[default]\nport = 8000\nport = 9000 # tangerine\n", "line 3"),
            ("[default.curfew]\ncolour = \"tangerine\"\n", "curfew.colour"),
            ("[default.curfew]\nregistratoin = \"tangerine\"\n", "it must be registration"),
            ("[curfew]\nregistration = \"tangerine\"\n", "it must be [default.curfew]"),
            ("[default]\nadress = \"tangerine\"\n", "adress is unknown; it must be address"),
            ("[default]\ncurfew = \"tangerine\"\n", "[default.curfew]"),
            ("[default]\nsecret_key = \"tangerine\"\n", "secret_key"),
            ("[default]\nsecret_key = 7\n", "secret_key"),
        ] {
            fs::write(&path, text).expect("a file");
            let program = site.program(&["serve"]).unset("ROCKET_SECRET_KEY").unset("CURFEW_BCRYPT_COST");
            refused(program.set("ROCKET_CONFIG", &path).run(), &[said]);
        }
    });
}

#[test]
fn unrelated_variables_are_ignored_and_misspelt_ones_are_named() {
    on_every_engine(|site| {
        let of_kubernetes = [
            ("CURFEW_PORT", "tcp://10.0.0.1:8000"),
            ("CURFEW_SERVICE_HOST", "10.0.0.1"),
            ("CURFEW_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
            ("CURFEW_IMAGE_TAG", SECRET),
        ];
        let listing = site.program(&["user", "list"]);
        let listing = of_kubernetes.into_iter().fold(listing, |program, (name, value)| program.set(name, value));
        let done = listing.set("CURFEW_REGISTRATOIN", SECRET).set("ROCKET_ADRESS", SECRET).run();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let mut named: Vec<_> =
            done.err.lines().filter_map(|line| line.split_once(" WARN] ")).map(|(_, line)| line).collect();
        named.sort_unstable();
        let expected = [
            "CURFEW_REGISTRATOIN is not a setting and is ignored; did you mean CURFEW_REGISTRATION?",
            "ROCKET_ADRESS is not a setting and is ignored; did you mean ROCKET_ADDRESS?",
        ];
        assert_eq!(named, expected, "{done:?}");
    });
}

#[test]
fn an_unsupported_database_is_refused_without_showing_its_url() {
    for address in ["mysql://ana:tangerine@localhost/x", "tangerine", "", "sqlite:", "sqlite::memory:", "postgres:x"] {
        for command in ["serve", "migrate"] {
            let program = Program::new(&[command]).set("DATABASE_URL", address);
            refused(program.run(), &["DATABASE_URL", "sqlite:PATH", "postgres://"]);
        }
    }
}

#[test]
fn an_unreachable_postgres_is_refused_without_showing_its_password() {
    // Nothing listens on port 1.
    let port = 1;
    let key = data_encoding::BASE64.encode(&[7; 64]);
    for (address, said, host) in [
        (format!("postgres://ana:tangerine@127.0.0.1:{port}/curfew"), "is it running", "127.0.0.1:1/curfew"),
        (format!("postgres://ana:tangerine@127.0.0.1:{port}x/curfew"), "postgres://USER@HOST/NAME", ""),
        (
            format!("postgres://ana:tangerine@127.0.0.1:{port}/curfew?sslmode=tangerine"),
            "postgres://USER@HOST/NAME",
            "",
        ),
        ("postgres://ana:tangerine@nowhere.invalid/curfew".to_owned(), "is it running", "nowhere.invalid:5432/curfew"),
    ] {
        let program = || Program::new(&["serve"]).set("DATABASE_URL", &address);
        refused(program().set("ROCKET_SECRET_KEY", &key).run(), &["database", said]);
        refused(program().set("ROCKET_SECRET_KEY", &key).run(), &[host]);
        refused(program().run(), &["ROCKET_SECRET_KEY is missing", "the same on every node", "openssl rand"]);
    }
}

#[test]
fn a_database_that_fails_during_a_command_is_named() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        site.sql("ALTER TABLE curfew_users RENAME TO curfew_gone");
        let name = site.database.url.rsplit('/').next().unwrap_or_default().to_owned();
        for command in [&["user", "list"][..], &["user", "show", "ana"], &["force-logout", "--everyone"]] {
            refused(site.run(command), &["the database does not answer", &name]);
        }
    });
}

/// With another key, nobody could log in.
#[test]
fn a_database_without_its_key_is_refused() {
    on_every_new_site(|site| {
        if site.database.engine == Engine::Postgres {
            return;
        }
        site.make_user("ana", &[]);
        let key = site.database.folder.path().join("secret.key");
        let aside = key.with_extension("aside");
        fs::rename(&key, &aside).expect("the key is there");
        for command in [&["serve"][..], &["user", "password", "ana", "--password-stdin"], &["event", "verify"]] {
            refused(site.program(command).run_with(b"lamp-post-harbour\n"), &["secret.key", "missing", "backup"]);
            assert!(!key.exists(), "{command:?}");
        }
        fs::rename(&aside, &key).expect("it is back");
        assert!(site.logged_in("ana").is_logged_in());
    });
}

#[test]
fn nothing_creates_a_key_without_a_database() {
    on_every_new_site(|site| {
        for command in [&["event", "verify"][..], &["user", "password", "ana", "--password-stdin"]] {
            assert!(!site.program(command).run_with(b"lamp-post-harbour\n").status.success());
            assert!(!site.database.folder.path().join("secret.key").exists(), "{command:?}");
        }
    });
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    on_every_engine(|site| {
        if site.database.engine == Engine::Postgres {
            refused(site.program(&["serve"]).unset("ROCKET_SECRET_KEY").run(), &["ROCKET_SECRET_KEY is missing"]);
            return;
        }
        let key = site.database.folder.path().join("secret.key");
        fs::write(&key, SECRET).expect("a file");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("its mode");
        refused(site.run(&["serve"]), &["secret.key", "0644", "chmod 600"]);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("its mode");
        refused(site.run(&["serve"]), &["secret.key", "malformed", "openssl rand"]);
        fs::remove_file(&key).and_then(|()| fs::create_dir(&key)).expect("a folder replaces the file");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o700)).expect("its mode");
        refused(site.run(&["serve"]), &["secret.key", "a file that this user can read"]);
    });
}

#[test]
fn a_database_too_new_for_the_program_is_refused_by_every_command() {
    on_every_engine(|site| {
        site.run(&["migrate"]).done();
        site.has_migration(9999, "drop nickname needs 9998");
        let name = site.database.url.rsplit('/').next().unwrap_or_default().to_owned();
        for command in [&["serve"][..], &["migrate"], &["user", "list"], &["force-logout", "ana"]] {
            refused(site.run(command), &[&name, "newer than this program", "9999", "start a newer version"]);
        }
    });
}

#[test]
fn a_database_with_a_changed_migration_is_refused() {
    on_every_engine(|site| {
        site.run(&["migrate"]).done();
        site.sql("UPDATE curfew_migrations SET version = 0 WHERE version = 1");
        refused(site.run(&["serve"]), &["database"]);
    });
}

#[test]
fn a_server_that_others_can_reach_needs_its_own_origin() {
    on_every_engine(|site| {
        for address in ["0.0.0.0", "::", "192.0.2.1"] {
            let program = site.program(&["serve"]).set("ROCKET_ADDRESS", address);
            refused(program.run(), &["base_url is missing", "https://example.org", address]);
        }
    });
}

#[test]
fn a_port_in_use_is_refused() {
    on_every_engine(|site| {
        let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = holder.local_addr().expect("its number").port().to_string();
        let program = site.program(&["serve"]).set("ROCKET_PORT", &port);
        let address = format!("127.0.0.1:{port}");
        refused(program.run(), &[&address, "Address already in use", "Set ROCKET_PORT"]);
        let program = site.program(&["serve"]).set("ROCKET_ADDRESS", "192.0.2.1");
        let program = program.set("CURFEW_BASE_URL", "https://example.org");
        refused(program.run(), &["its address 192.0.2.1:0 cannot be used", "ROCKET_ADDRESS"]);
    });
}

#[test]
fn the_program_needs_nothing_beside_it() {
    on_every_new_site(|site| {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::wait_for(site.program(&["serve"]).in_folder(folder.path()).start());
        let login = Browser::new(&server.address).get("/login");
        assert!(login.status == 200 && login.body.contains("<title>Log in"), "{}", login.body);
        server.stop().done();
    });
}

#[test]
fn a_template_that_is_malformed_is_named_before_anything_is_created() {
    on_every_new_site(|site| {
        let folder = tempfile::tempdir().expect("a folder");
        let overrides = folder.path().join("templates/curfew");
        fs::create_dir_all(&overrides).expect("a folder");
        fs::write(overrides.join("login.html.tera"), "{% if %}").expect("it is written");
        let program = site.program(&["serve"]).in_folder(folder.path());
        let program = match site.database.engine {
            Engine::Sqlite => program.unset("DATABASE_URL"),
            Engine::Postgres => program,
        };
        refused(program.run(), &["the template login.html.tera", "1:"]);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    });
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file where a folder should be");
    for command in ["serve", "migrate"] {
        let address = format!("sqlite:{}", file.join("var/curfew.db").display());
        refused(Program::new(&[command]).set("DATABASE_URL", address).run(), &["file/var", "write"]);
    }
    fs::write(
        &file,
        "This is no database, whatever it is; and it is longer than a hundred bytes, \
                      so that nobody takes it for an empty one.",
    )
    .expect("a file");
    for command in ["serve", "migrate"] {
        let address = format!("sqlite:{}", file.display());
        refused(Program::new(&[command]).set("DATABASE_URL", address).run(), &["database", "not a database"]);
    }
}
