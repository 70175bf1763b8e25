//! Logins that are judged from memory: without the database while nothing has changed, and never by
//! what was before.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use curfew::{domain::people::role::Role, settings::Check};
use rocket::tokio::time::sleep;

use crate::harness::{
    person::Person,
    proxy::Proxy,
    site::{Plan, Site},
    store::{Database, Engine, engines},
};

/// Far above the bound.
const PATIENCE: Duration = Duration::from_secs(30);

async fn site(engine: Engine, check: Check) -> Site {
    let mut plan = Plan::default();
    plan.settings.check = check;
    plan.on(engine).await
}

/// Goes on until a page is refused, and returns the answer. What a test has done is the feed's to
/// find out here.
async fn until_refused(site: &Site, person: &mut Person<'_>) -> u16 {
    let end = Instant::now() + PATIENCE;
    loop {
        site.database.is_touched.store(false, Ordering::SeqCst);
        let status = person.opens("/account").await.status;
        if status != 200 {
            return status;
        }
        assert!(Instant::now() < end, "it goes on");
        sleep(Duration::from_millis(10)).await;
    }
}

/// The accounts are out of the way, and only who must be read from them is refused.
#[rocket::async_test]
async fn a_login_that_is_known_needs_no_database() {
    for engine in engines() {
        for check in [Check::Cached, Check::EveryRequest] {
            let site = site(engine, check).await;
            let (mut ana, mut ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
            // On a machine so busy that the feed is late, nothing is kept, or believed: then once more.
            let end = Instant::now() + PATIENCE;
            let is_in = loop {
                ana.opens("/account").await.must_be(200);
                site.database.execute("ALTER TABLE curfew_users RENAME TO users_elsewhere").await;
                site.database.is_touched.store(false, Ordering::SeqCst);
                let is_in = ana.opens("/account").await.status == 200;
                site.database.execute("ALTER TABLE users_elsewhere RENAME TO curfew_users").await;
                if is_in || check == Check::EveryRequest || Instant::now() > end {
                    break is_in;
                }
            };
            assert_eq!(is_in, check == Check::Cached, "{check:?}");
            assert!(ben.is_in().await, "nobody has lost their login by it");
        }
    }
}

#[rocket::async_test]
async fn what_a_hand_writes_is_obeyed_without_being_told() {
    for engine in engines() {
        let site = site(engine, Check::Cached).await;
        for sql in [
            "UPDATE curfew_users SET is_active = FALSE WHERE id = ID",
            "UPDATE curfew_users SET force_logout_date = last_login WHERE id = ID",
            "UPDATE curfew_logins SET ended_at = login_date WHERE user_id = ID",
            "DELETE FROM curfew_logins WHERE user_id = ID",
            "DELETE FROM curfew_users WHERE id = ID",
            "UPDATE curfew_site SET force_logout_date = (SELECT MAX(last_login) FROM curfew_users)",
        ] {
            let mut person = site.signed_in(Role::Member).await;
            person.opens("/account").await.must_be(200);
            site.database.execute(&sql.replace("ID", &person.id.to_string())).await;
            assert_eq!(until_refused(&site, &mut person).await, 303, "{sql}");
        }
    }
}

/// What is asked of this node holds on it from its answer on, with no look in between.
#[rocket::async_test]
async fn what_a_page_does_holds_from_its_answer_on() {
    for engine in engines() {
        let site = site(engine, Check::Cached).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        for _ in 0..20 {
            let mut person = site.signed_in(Role::Member).await;
            person.opens("/account").await.must_be(200);
            staff.forces_out(&person).await.must_be(303);
            site.database.is_touched.store(false, Ordering::SeqCst);
            person.opens("/account").await.must_be(303);
        }
    }
}

/// A role that has changed is no reason to refuse, and still must not be the old one.
#[rocket::async_test]
async fn a_greater_role_is_known_too() {
    for engine in engines() {
        let site = site(engine, Check::Cached).await;
        let mut person = site.signed_in(Role::Member).await;
        person.opens("/admin").await.must_be(403);
        site.database.execute(&format!("UPDATE curfew_users SET is_staff = TRUE WHERE id = {}", person.id)).await;
        person.opens("/admin").await.must_be(200);
    }
}

/// The wire to the database falls silent: what is known is believed up to the bound, then nobody is
/// let in and nobody put out, and what happened meanwhile holds as soon as it speaks again.
#[rocket::async_test]
async fn behind_a_silent_wire_memory_is_believed_no_longer_than_the_bound() {
    for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let mut database = Database::new(engine).await;
        let direct = database.by_another_way();
        let wire = Proxy::before(&mut database.url).await;
        let mut plan = Plan::default();
        plan.settings.check = Check::Cached;
        let site = plan.over(database).await;
        let (mut person, mut other) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
        person.opens("/account").await.must_be(200);
        other.opens("/account").await.must_be(200);
        wire.falls_silent();
        direct.execute(&format!("UPDATE curfew_users SET is_active = FALSE WHERE id = {}", person.id)).await;
        assert_eq!(until_refused(&site, &mut person).await, 503);
        assert_eq!(other.opens("/account").await.status, 503, "nor is anybody else believed");
        wire.speaks_again();
        assert_eq!(person.opens("/account").await.status, 303, "never again from memory");
        assert!(other.is_in().await);
    }
}
