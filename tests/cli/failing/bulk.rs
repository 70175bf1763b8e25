//! A bulk action whose server is killed halfway: each batch of a thousand is done or not, and the events agree.

use crate::{
    browser::{Browser, Page},
    program::until,
    site::{Site, on_every_engine},
};

/// Enough users for the kill to come halfway.
const PEOPLE: i64 = 30_000;
/// The size of one batch, which is one transaction.
const BATCH: i64 = 1_000;

const DONE: &str = "SELECT COUNT(*) FROM curfew_users WHERE username LIKE 'spam%' AND force_logout_date IS NOT NULL";
/// Sessions whose end is written to their row or noted for their account.
const ENDED: &str = "SELECT COUNT(*) FROM curfew_logins s WHERE s.ended_at IS NOT NULL
                     OR EXISTS (SELECT 1 FROM curfew_login_ends e WHERE e.user_id = s.user_id)";
const CHOSEN: [(&str, &str); 3] = [("action", "force-logout"), ("scope", "matching"), ("q", "spam")];

#[test]
fn a_killed_server_leaves_each_batch_done_or_not_and_the_events_agree() {
    on_every_engine(|site| {
        site.make_user("vera", &["--staff"]);
        make_people(site);
        let mut vera = site.logged_in("vera");
        let confirmed = confirmed(&mut vera);
        let unanswered = vera.sends_post("/admin/users/bulk", &confirmed);
        until("three batches are done", || site.number(DONE) >= 3 * BATCH);
        site.server.take().expect("a server").kill();
        drop(unanswered);
        if !site.is_on_sqlite() {
            // What was on its way to Postgres is committed or not by now.
            let others = "SELECT COUNT(*) - 1 FROM pg_stat_activity WHERE datname = current_database()";
            until("its database connections are closed", || site.number(others) == 0);
        }
        let done = site.number(DONE);
        assert!(done < PEOPLE, "killed too late for the test to show anything");
        assert_eq!(done % BATCH, 0, "{done} users are done");
        for (what, sql) in [
            ("events", "SELECT COUNT(DISTINCT subject_id) FROM curfew_events WHERE kind = 'force-logout'"),
            ("all events", "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout'"),
            ("sessions", ENDED),
            ("what the page tells", "SELECT users_done FROM curfew_bulk_actions"),
        ] {
            assert_eq!(site.number(sql), done, "{what}");
        }

        // Running it again does the rest.
        let mut vera = site.logged_in("vera");
        let confirmed = self::confirmed(&mut vera);
        let page = vera.post("/admin/users/bulk", &confirmed);
        assert_eq!(page.status, 303, "{page:?}");
        until("all users are done", || {
            site.number("SELECT COUNT(*) FROM curfew_bulk_actions WHERE ended_at IS NOT NULL") == 1
        });
        assert_eq!(site.number(DONE), PEOPLE);
        let not_written = "SELECT COUNT(*) FROM curfew_logins WHERE user_id > 1 AND ended_at IS NULL";
        until("the ends are written to all sessions", || site.number(not_written) == 0);
        let result = vera.get(&page.location.expect("a page with the result"));
        assert!(result.body.contains("Done: 30,000 users"), "{result:?}");
    });
}

/// The form of the confirmation page, as its button posts it.
fn confirmed(vera: &mut Browser) -> String {
    let form = vera.fill("/admin/users?q=spam", &CHOSEN);
    let page = vera.post("/admin/users/bulk", &form);
    assert!(page.status == 200 && page.body.contains("Force out 30,000 users?"), "{page:?}");
    let mut fields = CHOSEN.to_vec();
    let promised = promised(&page);
    fields.extend([("promised", promised.as_str()), ("confirm", "yes"), ("staff_reason", "a wave of spam")]);
    vera.fill("/admin/users", &fields)
}

fn promised(page: &Page) -> String {
    let (_, rest) = page.body.split_once("name=\"promised\" value=\"").expect("a promise");
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn make_people(site: &Site) {
    let numbers = format!("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {PEOPLE})");
    site.sql(&format!(
        "INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff, is_superuser,
                            date_joined)
         {numbers} SELECT 'spam' || n, 'spam' || n, 'spam' || n || '@example.org', 'spam' || n || '@example.org',
                          'none', TRUE, FALSE, FALSE, u.date_joined FROM n CROSS JOIN curfew_users u WHERE u.username = 'vera'"
    ));
    let secret = if site.is_on_sqlite() { "x'00'" } else { r"'\x00'" };
    let now = if site.is_on_sqlite() { "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')" } else { "now()" };
    site.sql(&format!(
        "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
         SELECT username, id, 'browser', {secret}, {now}, {now}, {now}, '192.0.2.7', 'a browser' FROM curfew_users
         WHERE username LIKE 'spam%'"
    ));
}
