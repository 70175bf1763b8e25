//! A database that answers and takes no writes: the node trusts nothing that it reads there, says so, and goes on
//! by itself as soon as it can write.

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
    until("the node says whether it is ready", || browser.get("/readyz").status == status);
}

/// Nobody is let in, nobody loses their login, and no act succeeds.
fn must_be_an_outage(person: &mut Browser, visitor: &mut Browser, login: &str) {
    let cookie = person.cookie().to_owned();
    assert_eq!(person.get("/account").status, 503);
    assert_eq!(person.cookie(), cookie);
    assert_eq!(visitor.post("/login", login).status, 503);
    assert_eq!(visitor.get("/livez").status, 200);
}

/// A primary turns read-only and keeps its connections; its standby takes its place, after which its address may have to be moved.
fn must_go_over_to_the_new_primary(servers: &Replicas, url: &str, move_there: impl Fn()) {
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
    assert!(!ana.is_in() && bo.is_in());
    assert!(visitor.logs_in("ana", PASSWORD));
    site.run(&["force-logout", "bo"]).done();
    bo.must_soon_be_out();
    // Before its database, which is about to be stopped; it has said what happened.
    let ended = site.server.take().expect("a server").stop();
    assert!(ended.status.success() && ended.err.contains("can write to its database again"), "{ended:?}");
}

fn replicas() -> Option<Replicas> {
    let servers = Replicas::start();
    assert!(servers.is_some() || env::var_os("CURFEW_TEST_TOOLS").is_none(), "Postgres is missing");
    servers
}

#[test]
fn a_node_whose_address_moves_to_a_new_primary_follows_it_and_obeys_it() {
    let Some(servers) = replicas() else { return };
    let place = MovingAddress::to(servers.primary());
    let url = format!("postgres://curfew@{}/postgres", place.address);
    must_go_over_to_the_new_primary(&servers, &url, || place.moves_to(servers.standby()));
}

#[test]
fn a_node_whose_address_names_both_servers_finds_the_new_primary_and_obeys_it() {
    let Some(servers) = replicas() else { return };
    // The standby comes first: the program skips it until it is promoted.
    let url = format!("postgres://curfew@{},{}/postgres", servers.standby(), servers.primary());
    must_go_over_to_the_new_primary(&servers, &url, || {});
}

#[test]
fn a_node_whose_database_is_read_only_goes_on_by_itself_once_it_is_not() {
    on_every_engine(|site| {
        let Some(name) = site.database.name.clone() else { return };
        site.make_user("ana", &[]);
        let (mut ana, mut visitor) = (site.logged_in("ana"), site.browser());
        let login = visitor.fill("/login", &LOGIN);
        // New sessions begin so; those that are there are ended.
        on_server(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
        on_server(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
        must_become_ready(&mut visitor, 503);
        must_be_an_outage(&mut ana, &mut visitor, &login);

        on_server(&format!("ALTER DATABASE {name} RESET ALL"));
        must_become_ready(&mut visitor, 200);
        assert!(ana.is_in() && visitor.logs_in("ana", PASSWORD));
        site.run(&["force-logout", "ana"]).done();
        ana.must_soon_be_out();
    });
}

/// As its administrator, from another database.
fn on_server(sql: &str) {
    Runtime::new().expect("a runtime").block_on(execute(&server(), sql));
}

/// Reads are answered, and writes neither done nor refused: a primary that waits for its synchronous standby.
#[test]
fn a_node_whose_writes_are_not_answered_is_not_ready_once_its_lease_is_over() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let (mut ana, mut visitor) = (site.logged_in("ana"), site.browser());
        let holder = site.holds_back_leases();
        must_become_ready(&mut visitor, 503);
        if site.is_on_sqlite() {
            // No other file takes its place: what it holds is the truth.
            assert!(ana.is_in());
        } else {
            assert_eq!(ana.get("/account").status, 503);
        }
        drop(holder);
        must_become_ready(&mut visitor, 200);
        assert!(ana.is_in() && visitor.logs_in("ana", PASSWORD));
    });
}
