//! `curfew`, `curfew serve` and `curfew migrate`: starting and stopping gracefully.

use std::{fs, io::Write as _, net::TcpStream, os::unix::fs::PermissionsExt as _};

use curfew::gate::FEED_MAX_AGE;

use crate::{
    site::{Server, on_every_engine, on_every_new_site},
    store::{Engine, quick_or_soak},
};

#[test]
fn sigterm_stops_the_server_gracefully_even_with_an_open_connection() {
    on_every_engine(|site| {
        for signal in ["TERM", "INT"] {
            site.start();
            let server = site.server.take().expect("a server");
            let mut idle = TcpStream::connect(&server.address).expect("a connection");
            idle.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n").expect("half a request");
            server.running.signal(signal);
            server.running.wait().done();
        }
    });
}

#[test]
fn closing_the_terminal_stops_the_server_gracefully_with_a_message() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let stream = site.logged_in("ana").watches();
        let server = site.server.take().expect("a server");
        server.running.signal("HUP");
        let rest = stream.until_its_end();
        assert!(rest.ends_with("\r\n0\r\n\r\n"), "the stream must end, not break: {rest}");
        let ended = server.running.wait();
        let lines: Vec<&str> = ended.err.lines().filter(|line| line.contains("SIGHUP")).collect();
        assert!(ended.status.success() && lines.len() == 1, "{ended:?}");
        assert!(lines[0].contains("WARN") && lines[0].contains("terminal was closed"), "{ended:?}");
    });
}

#[test]
fn sigterm_ends_the_open_streams() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let stream = site.logged_in("ana").watches();
        let server = site.server.take().expect("a server");
        server.running.signal("TERM");
        let rest = stream.until_its_end();
        assert!(rest.ends_with("\r\n0\r\n\r\n"), "the stream must end, not break (RFC 9112, section 7.1): {rest}");
        assert!(!rest.contains("event:"), "the login continues: {rest}");
        server.running.wait().done();
    });
}

#[test]
fn a_request_in_flight_is_answered_before_the_server_stops() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        for round in 0..quick_or_soak(1, 8) {
            let patient = site.program(&[]).set("ROCKET_SHUTDOWN", "{grace=5,mercy=10}");
            site.server = Some(Server::wait_for(patient.start()));
            let mut ana = site.logged_in("ana");
            let server = site.server.take().expect("a server");
            let email = format!("new{round}@example.org");
            let fields = [("email", email.as_str()), ("password", crate::site::PASSWORD)];
            let page = ana.submit_slowly(("/account/profile", "/account/profile"), &fields, false, || {
                // A connection that arrives with the signal must not make Rocket end the server at once.
                let address = server.address.clone();
                let arriving = std::thread::spawn(move || while TcpStream::connect(&address).is_ok() {});
                server.running.signal("TERM");
                arriving.join().expect("the server accepts no more connections");
            });
            assert_eq!(page.status, 303, "{}", page.body);
            server.running.wait().done();
            let waiting = format!("SELECT COUNT(*) FROM curfew_users WHERE pending_email = '{email}'");
            assert_eq!(site.number(&waiting), 1, "{email}");
        }
    });
}

#[test]
fn a_force_logout_command_ends_the_servers_streams() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let stream = site.logged_in("ana").watches();
        site.run(&["force-logout", "ana"]).done();
        let rest = stream.until_its_end();
        assert!(rest.contains("event:ended") && rest.contains("forced-out"), "{rest}");
    });
}

#[test]
fn the_program_without_arguments_serves() {
    on_every_new_site(|site| {
        let server = Server::wait_for(site.program(&[]).start());
        server.stop().done();
    });
}

#[test]
fn migrating_is_reported_and_can_be_repeated() {
    on_every_new_site(|site| {
        assert!(site.run(&["migrate"]).done().ends_with("The database is up to date.\n"));
        assert_eq!(site.run(&["migrate"]).done(), "The database is up to date.\n");
        site.start();
        assert_eq!(site.run(&["migrate"]).done(), "The database is up to date.\n");
    });
}

#[test]
fn logins_survive_a_restart_and_only_the_owner_can_read_the_key() {
    on_every_new_site(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        site.server.take().expect("a server").stop().done();
        site.start();
        ana.moves_to(&site.server.as_ref().expect("a server").address);
        assert!(ana.is_logged_in());
        let key = site.database.folder.path().join("secret.key");
        match site.database.engine {
            Engine::Sqlite => {
                let mode = |path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
                let folder = site.database.folder.path();
                assert_eq!(mode(key), 0o600);
                for file in ["curfew.db", "curfew.db-wal", "curfew.db-shm"] {
                    assert_eq!(mode(folder.join(file)), 0o600, "{file}");
                }
            }
            Engine::Postgres => assert!(!key.exists()),
        }
    });
}

#[test]
fn activity_is_written_before_the_server_stops() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let patient = site.program(&[]).set("CURFEW_SESSION_IDLE", "50 years");
        site.server = Some(Server::wait_for(patient.start()));
        let mut ana = site.logged_in("ana");
        for table in ["curfew_users", "curfew_logins"] {
            site.sql(&format!("UPDATE {table} SET last_seen = '2020-01-01 00:00:00+00:00'"));
        }
        assert!(ana.is_logged_in());
        site.server.take().expect("a server").stop().done();
        let ana = site.show("ana");
        assert!(ana["last_seen"].as_str() >= ana["last_login"].as_str(), "{ana}");
    });
}

#[test]
fn no_secret_is_printed_at_any_log_level() {
    on_every_engine(|site| {
        site.make_user("ana", &["--superuser"]);
        let token = site.run(&["token", "create", "ana", "--label", "backup"]).done();
        let program = site.program(&["serve"]).set("ROCKET_LOG_LEVEL", "debug").set("RUST_LOG", "trace");
        let server = Server::wait_for(program.start());
        let mut browser = crate::browser::Browser::new(&server.address);
        assert!(browser.logs_in("ana", crate::site::PASSWORD));
        assert_eq!(browser.get("/account").status, 200);
        assert_eq!(browser.calls("/api/me", &format!("Token {}", token.trim())).status, 200);
        let cookie = browser.cookie().to_owned();
        server.running.signal("TERM");
        let outcome = server.running.wait();
        assert_eq!(outcome.status.code(), Some(0));
        let printed = format!("{}{}", outcome.out, outcome.err);
        let key = fs::read_to_string(site.database.folder.path().join("secret.key")).unwrap_or_default();
        assert!(printed.contains("GET /api/me"), "the request is logged: {printed}");
        let secrets =
            [crate::site::PASSWORD, site.key(), key.trim(), "bcrypt_sha256", "postgres://", token.trim(), &cookie];
        for secret in secrets {
            assert!(secret.is_empty() || !printed.contains(secret), "{secret} in {printed}");
        }
    });
}

/// A paused process receives no changes and must not trust its cache when it continues.
#[test]
fn a_paused_node_does_not_trust_its_cache_afterwards() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        assert_eq!(ana.get("/account").status, 200);
        let server = site.server.take().expect("a server");
        server.running.signal("STOP");
        site.run(&["force-logout", "ana"]).done();
        std::thread::sleep(2 * FEED_MAX_AGE);
        // These wait until the process continues, and may be answered before its feed polls.
        let asked: Vec<_> = (0..8).map(|_| ana.asks("/account")).collect();
        server.running.signal("CONT");
        for connection in asked {
            assert_eq!(ana.reads_response(connection).status, 303);
        }
        // The log may contain a warning about a slow statement.
        let _ = server.stop();
    });
}
