//! A database that answers reads but takes no writes: the node trusts nothing that it reads, logs this, and recovers by
//! itself as soon as it can write.

use std::env;

use rocket::tokio::runtime::Runtime;

use crate::{
    browser::Browser,
    program::until,
    replicas::{MovingAddress, Replicas},
    site::{PASSWORD, Site, on_every_engine},
    store::{execute, server},
};

const LOGIN: [(&str, &str); 2] = [("username", "ana"), ("password", PASSWORD)];

fn must_become_ready(browser: &mut Browser, status: u16) {
    until("the node reports this readiness", || browser.get("/readyz").status == status);
}

/// Nobody is let in, nobody loses their login, and no action succeeds.
fn must_be_an_outage(person: &mut Browser, visitor: &mut Browser, login: &str) {
    let cookie = person.cookie().to_owned();
    assert_eq!(person.get("/account").status, 503);
    assert_eq!(person.cookie(), cookie);
    assert_eq!(visitor.post("/login", login).status, 503);
    assert_eq!(visitor.get("/livez").status, 200);
}

/// The primary becomes read-only and keeps its connections. Its standby takes over, and the proxy address may have to
/// move.
fn must_fail_over_to_the_new_primary(servers: &Replicas, url: &str, move_there: impl Fn()) {
    let mut site = Site::at(url);
    site.run(&["migrate"]).done();
    for name in ["ana", "bo"] {
        site.make_user(name, &[]);
    }
    let [mut ana, mut bo] = ["ana", "bo"].map(|name| site.logged_in(name));
    let mut visitor = site.browser();
    let login = visitor.fill("/login", &LOGIN);

    servers.primary_turns_read_only();
    must_become_ready(&mut visitor, 503);
    must_be_an_outage(&mut ana, &mut visitor, &login);

    servers.standby_is_promoted();
    move_there();
    site.run(&["force-logout", "ana"]).done();
    must_become_ready(&mut visitor, 200);
    assert!(!ana.is_logged_in() && bo.is_logged_in());
    assert!(visitor.logs_in("ana", PASSWORD));
    site.run(&["force-logout", "bo"]).done();
    bo.must_be_logged_out_soon();
    // Stopped before its database, which is stopped next; the log shows what happened.
    let ended = site.server.take().expect("a server").stop();
    assert!(ended.status.success() && ended.err.contains("can write to its database again"), "{ended:?}");
}

fn replicas() -> Option<Replicas> {
    let servers = Replicas::start();
    assert!(servers.is_some() || env::var_os("CURFEW_TEST_TOOLS").is_none(), "Postgres is missing");
    servers
}

#[test]
fn a_node_follows_an_address_that_moves_to_a_new_primary() {
    let Some(servers) = replicas() else { return };
    let place = MovingAddress::to(servers.primary());
    let url = format!("postgres://curfew@{}/postgres", place.address);
    must_fail_over_to_the_new_primary(&servers, &url, || place.moves_to(servers.standby()));
}

#[test]
fn a_node_with_both_servers_in_its_url_finds_the_new_primary() {
    let Some(servers) = replicas() else { return };
    // The standby comes first: the program skips it until it is promoted.
    let url = format!("postgres://curfew@{},{}/postgres", servers.standby(), servers.primary());
    must_fail_over_to_the_new_primary(&servers, &url, || {});
}

#[test]
fn a_node_recovers_by_itself_when_its_database_is_writable_again() {
    on_every_engine(|site| {
        let Some(name) = site.database.name.clone() else { return };
        site.make_user("ana", &[]);
        let (mut ana, mut visitor) = (site.logged_in("ana"), site.browser());
        let login = visitor.fill("/login", &LOGIN);
        // New connections start read-only; existing ones are terminated.
        on_server(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
        on_server(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
        must_become_ready(&mut visitor, 503);
        must_be_an_outage(&mut ana, &mut visitor, &login);

        on_server(&format!("ALTER DATABASE {name} RESET ALL"));
        must_become_ready(&mut visitor, 200);
        assert!(ana.is_logged_in() && visitor.logs_in("ana", PASSWORD));
        site.run(&["force-logout", "ana"]).done();
        ana.must_be_logged_out_soon();
    });
}

/// Runs SQL as the administrator, from another database.
fn on_server(sql: &str) {
    Runtime::new().expect("a runtime").block_on(execute(&server(), sql));
}

/// Reads are answered, and writes hang: like a primary that waits for its synchronous standby.
#[test]
fn a_node_whose_writes_hang_is_not_ready_after_its_lease_expires() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let (mut ana, mut visitor) = (site.logged_in("ana"), site.browser());
        let holder = site.block_leases();
        must_become_ready(&mut visitor, 503);
        if site.is_on_sqlite() {
            // No other database takes over: this file has the current state.
            assert!(ana.is_logged_in());
        } else {
            assert_eq!(ana.get("/account").status, 503);
        }
        drop(holder);
        must_become_ready(&mut visitor, 200);
        assert!(ana.is_logged_in() && visitor.logs_in("ana", PASSWORD));
    });
}
