//! What a database must be like. If it is not, every command refuses it and says what to do.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{
    program::{Outcome, Program, until},
    site::Site,
    store::{Engine, engines},
};

const COMMANDS: [&[&str]; 4] = [&["migrate"], &["serve"], &["user", "list"], &["force-logout", "--everyone"]];

#[track_caller]
fn refused(outcome: Outcome, said: &[&str]) {
    let refusal = outcome.refused();
    for words in said {
        assert!(refusal.contains(words), "{words:?} is not in: {refusal}");
    }
}

/// Runs a test on the tests' Postgres, if there is one.
fn on_postgres(options: &str, test: impl Fn(&mut Site)) {
    if engines().contains(&Engine::Postgres) {
        test(&mut Site::on_postgres(options));
    }
}

#[test]
fn an_encoding_that_cannot_hold_every_name_is_refused() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        on_postgres(&format!("ENCODING {encoding} LOCALE 'C' TEMPLATE template0"), |site| {
            for command in COMMANDS {
                refused(site.run(command), &[&format!("its encoding is {encoding}"), "ENCODING 'UTF8'", "pg_dump"]);
            }
        });
    }
}

#[test]
fn a_stricter_isolation_level_and_other_defaults_change_nothing() {
    on_postgres("", |site| {
        let name = site.database.name.clone().expect("its name");
        for default in [
            "default_transaction_isolation = 'serializable'",
            "timezone = 'Asia/Kolkata'",
            "datestyle = 'SQL, DMY'",
            "standard_conforming_strings = off",
            "bytea_output = 'escape'",
        ] {
            site.sql(&format!("ALTER DATABASE {name} SET {default}"));
        }
        site.run(&["migrate"]).done();
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        site.run(&["force-logout", "ana"]).done();
        ana.must_be_logged_out_soon();
    });
}

#[test]
fn several_hosts_in_the_url_are_refused_without_showing_the_password() {
    for address in [
        "postgres://ana:tangerine@/curfew?host=a.example,b.example",
        "postgres://ana:tangerine@/curfew?host=a.example%2Cb.example",
    ] {
        let outcome = Program::new(&["migrate"]).set("DATABASE_URL", address).run();
        assert!(!outcome.err.contains("tangerine"), "{outcome:?}");
        refused(outcome, &["several hosts", "HOST:PORT,HOST:PORT/NAME"]);
    }
}

#[test]
fn an_unusable_sqlite_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("curfew.db");
    let made = Command::new("sqlite3").arg(&file).arg("PRAGMA encoding = 'UTF-16le'; CREATE TABLE a (b)").status();
    if made.is_ok() {
        for command in COMMANDS {
            let address = format!("sqlite:{}", file.display());
            refused(Program::new(command).set("DATABASE_URL", address).run(), &["its encoding is UTF-16le", ".dump"]);
        }
    }
    fs::remove_file(&file).ok();
    let address = format!("sqlite:{}", file.display());
    Program::new(&["migrate"]).set("DATABASE_URL", &address).run().done();
    for how in ["mode=ro", "immutable=1"] {
        let address = format!("{address}?{how}");
        for command in COMMANDS {
            refused(
                Program::new(command).set("DATABASE_URL", &address).run(),
                &[&file.display().to_string(), "it can only be read", how.split('=').next().expect("its name")],
            );
        }
    }
}

/// A `PgBouncer` in front of the tests' Postgres; stopped when dropped.
struct Bouncer {
    port: u16,
    process: Child,
}

impl Bouncer {
    /// `None` if `PgBouncer` or Postgres is missing.
    fn start(folder: &Path, settings: &str) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().find(|path| Path::new(path).exists());
        let Some(program) = program.filter(|_| engines().contains(&Engine::Postgres)) else {
            assert!(std::env::var_os("CURFEW_TEST_TOOLS").is_none(), "pgbouncer is missing");
            return None;
        };
        let server = crate::store::server();
        let place = server.rsplit_once('@').expect("a user").1.split('/').next().expect("a host").to_owned();
        let (host, server_port) = place.split_once(':').expect("a port");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
        let file = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={host} port={server_port} user=curfew\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = any\nunix_socket_dir =\n{settings}\n"
        );
        fs::write(&file, text).expect("its settings");
        let mut command = Command::new(program);
        if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            command.args(["-u", "nobody"]); // it refuses to run as root
        }
        let process = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("pgbouncer");
        until("PgBouncer listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self { port, process })
    }

    fn address(&self, site: &Site) -> String {
        format!("postgres://curfew@127.0.0.1:{}/{}", self.port, site.database.name.as_ref().expect("its name"))
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_transaction_pooler_is_refused_by_name() {
    const OURS: &str = "ignore_startup_parameters = extra_float_digits";
    for (settings, said) in [
        (format!("pool_mode = transaction\n{OURS}"), "pool_mode = session"),
        (format!("pool_mode = transaction\ndefault_pool_size = 1\n{OURS}"), "pool_mode = session"),
        (format!("pool_mode = transaction\nserver_round_robin = 1\n{OURS}"), "pool_mode = session"),
        (format!("pool_mode = statement\n{OURS}"), "pool_mode = session"),
        ("pool_mode = transaction".to_owned(), "ignore_startup_parameters = extra_float_digits"),
    ] {
        on_postgres("", |site| {
            let folder = tempfile::tempdir().expect("a folder");
            let Some(bouncer) = Bouncer::start(folder.path(), &settings) else { return };
            for command in COMMANDS {
                let program = site.program(command).set("DATABASE_URL", bouncer.address(site));
                refused(program.run(), &["PgBouncer", said]);
            }
        });
    }
}

#[test]
fn a_session_pooler_works() {
    on_postgres("", |site| {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = "pool_mode = session\nignore_startup_parameters = extra_float_digits";
        let Some(bouncer) = Bouncer::start(folder.path(), settings) else { return };
        site.run(&["migrate"]).done();
        site.make_user("ana", &[]);
        site.database.url = bouncer.address(site);
        let mut ana = site.logged_in("ana");
        site.run(&["force-logout", "ana"]).done();
        ana.must_be_logged_out_soon();
        // Stopped before the pooler, which would break its connections.
        site.server.take().expect("a server").stop().done();
    });
}

/// A Redis for one test; stopped when dropped.
struct Redis(Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_redis_that_evicts_counters_causes_a_warning() {
    let Some(program) = std::env::var_os("CURFEW_TEST_REDIS") else { return };
    for (policy, is_warned_of) in [("allkeys-lru", true), ("noeviction", false)] {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
        let settings = ["--bind", "127.0.0.1", "--save", "", "--maxmemory", "100mb", "--maxmemory-policy", policy];
        let redis =
            Command::new(&program).args(settings).args(["--port", &port.to_string()]).stdout(Stdio::null()).spawn();
        let _redis = Redis(redis.expect("redis-server"));
        until("Redis listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        crate::site::on_every_engine(|site| {
            let program = site.program(&["serve"]).set("REDIS_URL", format!("redis://127.0.0.1:{port}"));
            let log = crate::site::Server::wait_for(program.start()).stop().err;
            let words = format!("maxmemory-policy {policy}), and failed logins with them");
            assert_eq!(log.contains(&words), is_warned_of, "{log}");
        });
    }
}
