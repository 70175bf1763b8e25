//! The receipt of a force logout, as the staff page shows it: which nodes have applied it.

use std::time::Duration;

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, Node, Target},
    domain::people::role::Role,
};
use rocket::tokio::time::{Instant, sleep};

use crate::harness::{
    person::Person,
    site::{Plan, Site},
    store::{Engine, engines},
};

/// How long a background update may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A site with its background tasks, whose node counts from before the first request.
async fn site_on(engine: Engine) -> Site {
    let site = Plan { keeps_itself: true, ..Plan::default() }.on(engine).await;
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_nodes").await, 1);
    site
}

/// The receipt on this user's page, once it contains these words.
async fn receipt_with(staff: &mut Person<'_>, of: &Person<'_>, words: &str) -> String {
    let (path, until) = (format!("/admin/users/{}/receipt", of.id), Instant::now() + PATIENCE);
    loop {
        let part = staff.opens(&path).await;
        part.must_be(200);
        if part.body.contains(words) {
            return part.body;
        }
        assert!(Instant::now() < until, "{words:?} is not in {part:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[rocket::async_test]
async fn a_force_logout_is_reported_by_the_node_that_applied_it() {
    for engine in engines() {
        let site = site_on(engine).await;
        let (ana, mut staff) = (site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await);
        let page = staff.opens(&format!("/admin/users/{}", ana.id)).await;
        assert!(!page.body.contains("data-receipt"), "nothing to report yet: {page:?}");
        assert_eq!(staff.opens(&format!("/admin/users/{}/receipt", ana.id)).await.must_be(200).body.trim(), "");

        staff.forces_out(&ana).await.must_be(303);
        let receipt = receipt_with(&mut staff, &ana, "Applied by 1 of 1 node, after ").await;
        assert!(receipt.contains("data-complete") && !receipt.contains("Waiting"), "{receipt}");
        let page = staff.opens(&format!("/admin/users/{}", ana.id)).await;
        assert!(page.body.contains("Applied by 1 of 1 node, after "), "{page:?}");

        site.shift_clock(TimeDelta::hours(1));
        let mut staff = site.signed_in(Role::Staff).await;
        let page = staff.opens(&format!("/admin/users/{}", ana.id)).await;
        assert!(!page.body.contains("data-receipt"), "the receipt is old: {page:?}");
    }
}

#[rocket::async_test]
async fn a_report_that_cannot_be_written_is_repeated() {
    for engine in engines() {
        let site = site_on(engine).await;
        let (ana, mut staff) = (site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await);
        site.database.execute("ALTER TABLE curfew_receipts RENAME TO unavailable").await;
        staff.forces_out(&ana).await.must_be(303);
        sleep(Duration::from_millis(300)).await; // for the first try
        site.database.execute("ALTER TABLE unavailable RENAME TO curfew_receipts").await;
        receipt_with(&mut staff, &ana, "Applied by 1 of 1 node, after ").await;
    }
}

#[rocket::async_test]
async fn every_other_cause_is_reported_as_well() {
    for engine in engines() {
        let site = site_on(engine).await;
        let (ana, mut staff) = (site.named("ana", Role::Member).await, site.signed_in(Role::Staff).await);
        staff.posts(&format!("/admin/users/{}/deactivate", ana.id), &[]).await.must_be(303);
        receipt_with(&mut staff, &ana, "Applied by 1 of 1 node, after ").await;
        staff.posts(&format!("/admin/users/{}/activate", ana.id), &[]).await.must_be(303);
        ana.clone().logs_in().await.must_lead_to("/account");

        // A date shows only the reports for that date, not those for an earlier one.
        let silent = Node::new("web-2:8000".to_owned());
        site.accounts().renew_lease(&silent).await.expect("a lease");
        site.database.execute("UPDATE curfew_users SET is_staff = TRUE WHERE username = 'ana'").await;
        let (root, target) = (Actor::operator("root"), Target::Id(ana.id));
        site.accounts().set_role(&root, &target, Role::Member).await.expect("a lesser role");
        receipt_with(&mut staff, &ana, "Applied by 1 of 2 nodes so far").await;
    }
}

#[rocket::async_test]
async fn a_silent_node_is_named_and_leaves_the_count_when_its_lease_expires() {
    for engine in engines() {
        let site = site_on(engine).await;
        let (ana, mut staff) = (site.signed_in(Role::Member).await, site.signed_in(Role::Staff).await);
        let (slow, dead) = (Node::new("web-2:8000".to_owned()), Node::new("web-3:8000<b>".to_owned()));
        site.accounts().renew_lease(&slow).await.expect("a lease");
        site.accounts().renew_lease(&dead).await.expect("a lease");

        staff.forces_out(&ana).await.must_be(303);
        let receipt = receipt_with(&mut staff, &ana, "Applied by 1 of 3 nodes so far").await;
        assert!(receipt.contains("web-2:8000") && receipt.contains("web-3:8000&lt;b&gt;"), "{receipt}");
        assert!(!receipt.contains("data-complete"), "{receipt}");

        let event = site.database.number("SELECT event_id FROM curfew_receipts").await;
        let now = site.accounts().store().clock().estimate();
        site.accounts().report_applied(&slow, &[event], now + TimeDelta::seconds(7)).await.expect("a report");
        // Reported twice, as after the feed reconnects: the first report is kept.
        site.accounts().report_applied(&slow, &[event], now + TimeDelta::seconds(99)).await.expect("a report");
        let receipt = receipt_with(&mut staff, &ana, "Applied by 2 of 3 nodes so far, the slowest after 7.").await;
        assert!(receipt.contains("web-3:8000") && !receipt.contains("web-2:8000"), "{receipt}");

        let late = Node::new("web-4:8000".to_owned());
        site.accounts().renew_lease(&late).await.expect("a lease");
        site.accounts().report_applied(&late, &[event], now).await.expect("a report");
        receipt_with(&mut staff, &ana, "Applied by 2 of 3 nodes so far").await;

        site.shift_clock(TimeDelta::seconds(15));
        let receipt = receipt_with(&mut staff, &ana, "Applied by 2 of 2 nodes, the slowest after 7.").await;
        assert!(receipt.contains("data-complete") && !receipt.contains("web-3"), "{receipt}");
    }
}

#[rocket::async_test]
async fn a_node_that_shuts_down_leaves_the_count_at_once() {
    for engine in engines() {
        let site = site_on(engine).await;
        let database = site.shut_down().await;
        assert_eq!(database.number("SELECT COUNT(*) FROM curfew_nodes").await, 0);
    }
}
