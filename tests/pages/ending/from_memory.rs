//! Logins checked from memory: without a query while nothing has changed, and never with outdated data.

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

/// Far longer than the bound on cached standings.
const PATIENCE: Duration = Duration::from_secs(30);

async fn site(engine: Engine, check: Check) -> Site {
    let mut plan = Plan::default();
    plan.settings.check = check;
    plan.on(engine).await
}

/// Repeats a request until it is refused, and returns the response. The feed has to find the test's change by itself.
async fn until_refused(site: &Site, person: &mut Person<'_>) -> u16 {
    let end = Instant::now() + PATIENCE;
    loop {
        site.database.is_changed_directly.store(false, Ordering::SeqCst);
        let status = person.opens("/account").await.status;
        if status != 200 {
            return status;
        }
        assert!(Instant::now() < end, "the login is still accepted");
        sleep(Duration::from_millis(10)).await;
    }
}

/// The users table is renamed away: only a login that must be read from it is refused.
#[rocket::async_test]
async fn a_cached_login_needs_no_database() {
    for engine in engines() {
        for check in [Check::Cached, Check::EveryRequest] {
            let site = site(engine, check).await;
            let (mut ana, mut ben) = (site.signed_in(Role::Member).await, site.signed_in(Role::Member).await);
            // If a busy machine delays the feed, nothing is cached or trusted; then the test tries again.
            let end = Instant::now() + PATIENCE;
            let is_logged_in = loop {
                ana.opens("/account").await.must_be(200);
                site.database.execute("ALTER TABLE curfew_users RENAME TO users_elsewhere").await;
                site.database.is_changed_directly.store(false, Ordering::SeqCst);
                let is_logged_in = ana.opens("/account").await.status == 200;
                site.database.execute("ALTER TABLE users_elsewhere RENAME TO curfew_users").await;
                if is_logged_in || check == Check::EveryRequest || Instant::now() > end {
                    break is_logged_in;
                }
            };
            assert_eq!(is_logged_in, check == Check::Cached, "{check:?}");
            assert!(ben.is_logged_in().await, "no login may end");
        }
    }
}

#[rocket::async_test]
async fn a_change_by_sql_takes_effect_without_notice() {
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

/// A change made through this node takes effect here with its response, before the next poll.
#[rocket::async_test]
async fn a_change_by_a_page_takes_effect_with_its_response() {
    for engine in engines() {
        let site = site(engine, Check::Cached).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        for _ in 0..20 {
            let mut person = site.signed_in(Role::Member).await;
            person.opens("/account").await.must_be(200);
            staff.forces_out(&person).await.must_be(303);
            site.database.is_changed_directly.store(false, Ordering::SeqCst);
            person.opens("/account").await.must_be(303);
        }
    }
}

/// A changed role ends no login, and still must not be served from the cache.
#[rocket::async_test]
async fn a_promotion_takes_effect_as_well() {
    for engine in engines() {
        let site = site(engine, Check::Cached).await;
        let mut person = site.signed_in(Role::Member).await;
        person.opens("/admin").await.must_be(403);
        site.database.execute(&format!("UPDATE curfew_users SET is_staff = TRUE WHERE id = {}", person.id)).await;
        person.opens("/admin").await.must_be(200);
    }
}

/// The connection to the database falls silent: cached standings are trusted up to the bound. Then nobody is let in and
/// nobody is logged out. What happened meanwhile takes effect as soon as the connection works again.
#[rocket::async_test]
async fn with_a_silent_database_the_cache_is_trusted_no_longer_than_the_bound() {
    for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let mut database = Database::new(engine).await;
        let direct = database.second_handle();
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
        assert_eq!(other.opens("/account").await.status, 503, "nobody may be let in");
        wire.speaks_again();
        assert_eq!(person.opens("/account").await.status, 303, "the cached standing must be gone");
        assert!(other.is_logged_in().await);
    }
}
