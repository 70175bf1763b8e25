//! A disk that is full for a while: writes are refused meanwhile, and work again afterwards.

use std::process::Command;

use crate::{
    browser::Browser,
    program::until,
    site::{PASSWORD, Server, on_every_engine},
    store::Engine,
};

const LOGIN: [(&str, &str); 2] = [("username", "ana"), ("password", PASSWORD)];

/// Lets the server write files up to this size.
fn let_files_grow_to(server: &Server, limit: &str) {
    let mut set = Command::new("prlimit");
    set.args([&format!("--pid={}", server.running.id()), &format!("--fsize={limit}:unlimited")]);
    assert!(set.status().expect("prlimit is installed").success());
}

#[test]
fn writes_succeed_again_after_a_full_disk_without_a_restart() {
    on_every_engine(|site| {
        if site.database.engine == Engine::Postgres {
            return; // Postgres writes its own files
        }
        site.make_user("ana", &[]);
        site.server = Some(Server::wait_for(site.program(&["serve"]).start()));
        let mut before = site.browser();
        let mut refused = site.browser();
        assert_eq!(before.submit("/login", &LOGIN).status, 303);

        let server = site.server.as_ref().expect("a server");
        let_files_grow_to(server, "1");
        for _ in 0..3 {
            assert_eq!(refused.submit("/login", &LOGIN).status, 503);
        }
        let mut proxy = Browser::new(&server.address);
        until("the server is not ready", || proxy.get("/readyz").status == 503);
        assert!(before.is_logged_in(), "the database file must be intact");
        let_files_grow_to(server, "unlimited");
        assert_eq!(refused.submit("/login", &LOGIN).status, 303);
        until("the server is ready", || proxy.get("/readyz").status == 200);
        assert!(refused.is_logged_in() && before.is_logged_in());
    });
}
