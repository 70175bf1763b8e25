//! More logins than the server can check: the queue is bounded, and one network does not keep the others out.

use std::{
    net::{IpAddr, Ipv4Addr},
    thread::available_parallelism,
};

use curfew::domain::people::role::Role;
use rocket::futures::{StreamExt as _, future::join, stream::FuturesUnordered};

use crate::harness::{page::Page, person::Person, site::Site, store::any_engine};

/// How many logins may wait for each thread.
const WAITING_PER_THREAD: usize = 50;

/// The same person in a network of their own.
fn from_network(person: &Person<'_>, network: u8) -> IpAddr {
    let IpAddr::V4(address) = person.address else { panic!("IPv4") };
    let [_, _, person, _] = address.octets();
    IpAddr::V4(Ipv4Addr::new(10, 200, network, person))
}

#[track_caller]
fn must_be_busy(page: &Page) {
    page.must_be(503);
    assert_eq!(page.header("Retry-After"), Some("11"), "{page:?}");
    assert!(page.form_problem().is_some_and(|problem| problem.contains("The site is busy")), "{page:?}");
}

#[rocket::async_test]
async fn a_full_queue_answers_503_and_has_room_for_another_network() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.person(Role::Member).await;
        person.address = from_network(&person, 1);
        let room = WAITING_PER_THREAD * available_parallelism().map_or(1, usize::from);
        let mut crowd = Vec::new();
        for number in 0..=room {
            let mut visitor = site.visitor();
            visitor.address = from_network(&visitor, 0);
            visitor.opens("/login").await.must_be(200);
            crowd.push((number, visitor));
        }
        person.opens("/login").await.must_be(200);
        let occupied = site.accounts().occupy_hashing_threads().await.expect("free threads");
        let mut logins: FuturesUnordered<_> = crowd
            .into_iter()
            .map(async |(number, mut visitor)| {
                let (token, name) = (visitor.token.clone(), format!("nobody{number}"));
                visitor.posts_with(&token, "/login", &[("username", &name), ("password", "not it")]).await
            })
            .collect();
        must_be_busy(&logins.next().await.expect("the last one is refused"));
        let mut program = person.program();
        program.address = from_network(&person, 0);
        let refused = program.logs_in_for_jwt().await;
        refused.must_be_refused(503, "unavailable");
        assert_eq!(refused.header("Retry-After"), Some("11"));

        let (token, name) = (person.token.clone(), person.name.clone());
        let fields = [("username", &*name), ("password", crate::harness::site::PASSWORD)];
        let login = person.posts_with(&token, "/login", &fields);
        let others = async {
            must_be_busy(&logins.next().await.expect("one of the crowd loses its place"));
            drop(occupied);
        };
        let (page, ()) = join(login, others).await;
        page.must_lead_to("/account");
        while let Some(page) = logins.next().await {
            page.must_be(422);
        }
    }
}
