//! `curfew demo`: a temporary site to look around in.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    browser::Browser,
    program::{PATIENCE, Program},
    site::Server,
    store::quick_or_soak,
};

/// A demo with its data in this folder, in an environment with another site's settings.
fn demo(folder: &Path) -> Program {
    Program::new(&["demo"])
        .set("TMPDIR", folder)
        .set("ROCKET_ADDRESS", "127.0.0.1")
        .set("ROCKET_PORT", "0")
        .set("DATABASE_URL", format!("sqlite:{}", folder.join("real/curfew.db").display()))
        .set("ROCKET_SECRET_KEY", "short")
        .set("CURFEW_REGISTRATION", "closed")
        .set("CURFEW_BASE_URL", "https://riverside.example")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// The username and the password in the output line for this role.
fn login(server: &mut Server, role: &str) -> (String, String) {
    let line = server.running.hear(|line| line.trim_start().strip_prefix(role).map(str::to_owned));
    let mut words = line.split_whitespace().map(str::to_owned);
    (words.next().expect("a name"), words.next().expect("a password"))
}

/// It has sample passwords and no address of its own, so that requests would decide whether its cookies are Secure.
#[test]
fn a_demo_that_others_could_reach_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = demo(folder.path()).set("ROCKET_ADDRESS", "0.0.0.0").run();
    assert!(refused.refused().contains("it serves this machine only: set ROCKET_ADDRESS"));
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn each_printed_login_has_the_access_of_its_role() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::wait_for(demo(folder.path()).in_folder(folder.path()).start());
    let mut passwords = Vec::new();
    for (role, admin) in [("superuser", 200), ("staff", 200), ("member", 403)] {
        let (name, password) = login(&mut server, role);
        let mut browser = Browser::new(&server.address);
        assert!(browser.logs_in(&name, &password), "{role} {name}");
        assert_eq!(browser.get("/account").status, 200);
        assert_eq!(browser.get("/admin").status, admin, "{role}");
        if role == "superuser" {
            for path in ["/admin/users", "/admin/users/1", "/admin/users/49"] {
                assert_eq!(browser.get(path).status, 200, "{path}");
            }
        }
        passwords.push(password);
    }
    assert_eq!(server.setup_code, None, "a demo needs no setup");
    let letters = server.running.hear(|line| line.split_once("file://").map(|(_, path)| path.to_owned()));
    assert!(std::path::Path::new(&letters).is_dir(), "{letters}");
    server.stop().done();

    let mut server = Server::wait_for(demo(folder.path()).start());
    assert!(!passwords.contains(&login(&mut server, "member").1), "every start creates new passwords");
}

#[test]
fn the_demo_leaves_nothing_behind_and_touches_no_other_data() {
    for signal in ["TERM", "INT", "HUP"] {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::wait_for(demo(folder.path()).start());
        let names = names_in(folder.path());
        assert!(names.len() == 1 && names[0].starts_with("curfew-demo-"), "{names:?}");
        server.running.signal(signal);
        server.running.wait().done();
        assert_eq!(names_in(folder.path()), [""; 0], "{signal}");
    }
}

#[test]
fn a_signal_during_the_set_up_leaves_nothing_behind() {
    for round in 0..quick_or_soak(40, 400) {
        let folder = tempfile::tempdir().expect("a folder");
        let running = demo(folder.path()).start();
        let mut shell = running.shell_that_signals("TERM");
        let begin = Instant::now();
        while names_in(folder.path()).is_empty() && begin.elapsed() < PATIENCE {
            std::hint::spin_loop();
        }
        // Each round interrupts at another point: before, while and after the database is opened.
        std::thread::sleep(Duration::from_micros(100) * (round % 40));
        shell.signal();
        running.wait().done();
        assert_eq!(names_in(folder.path()), [""; 0], "round {round}");
    }
}

#[test]
fn a_data_folder_that_cannot_be_removed_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::wait_for(demo(folder.path()).start());
    let data = folder.path().join(&names_in(folder.path())[0]);
    // Replaces the data folder by a file, as the owner of the demo can.
    fs::rename(&data, folder.path().join("elsewhere")).expect("the folder is renamed");
    fs::write(&data, "").expect("the file is written");
    server.running.signal("TERM");
    let refusal = server.running.wait();
    assert_eq!(refusal.status.code(), Some(1), "{refusal:?}");
    assert!(refusal.err.contains(&data.display().to_string()), "{refusal:?}");
}

#[test]
fn a_demo_that_cannot_start_says_so_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = holder.local_addr().expect("its number").port().to_string();
    let refusal = demo(folder.path()).set("ROCKET_PORT", &port).run().refused();
    assert!(refusal.contains("Address already in use"), "{refusal}");
    let refusal = demo(folder.path()).set("ROCKET_PORT", "abc").run().refused();
    assert!(refusal.contains("port is"), "{refusal}");
    let settings = tempfile::tempdir().expect("a folder");
    fs::write(settings.path().join("Rocket.toml"), "[default]\nadress = \"127.0.0.1\"\n").expect("it is written");
    let refusal = demo(folder.path()).in_folder(settings.path()).run().refused();
    assert!(refusal.contains("adress is unknown; it must be address"), "{refusal}");
    let refusal = demo(&folder.path().join("nowhere")).run().refused();
    assert!(refusal.contains("the demo cannot start"), "{refusal}");
    assert_eq!(names_in(folder.path()), [""; 0]);
}
