//! No page of staff is larger than 60 KB, however many rows it has and however long their values are.

use curfew::domain::people::role::Role;

use crate::harness::{page::Page, person::Person, site::Site, store::any_engine};

const MOST_BYTES: usize = 60_000;
const LONGEST_REASON: usize = 500;
const NUMBERS: &str = "WITH RECURSIVE n (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM n WHERE n < 221)";
/// The time of row `n`.
const AT: &str = "strftime('%Y-%m-%dT%H:%M:%S.123456+00:00', 'now', '-' || (n / 5) || ' minutes')";

/// A hundred users with long names, each with a live and an ended login from an address of IPv6, and events with long
/// reasons.
async fn crowd(site: &Site) {
    let name = format!("'{}' || n", "n".repeat(61));
    let reason = "r".repeat(LONGEST_REASON);
    let agent = "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 \
                 Chrome/130.0.0.0 Mobile Safari/537.36";
    let rows = [
        format!(
            "INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff,
                                       is_superuser, date_joined, last_login, last_seen, force_logout_scheduled)
             {NUMBERS} SELECT {name}, {name}, '{mailbox}' || n || '@example.org', '{mailbox}' || n || '@example.org',
                              'none', n % 10 <> 0, n > 215, FALSE, {AT}, {AT}, {AT},
                              CASE WHEN n % 10 = 2 THEN '2099-03-01T12:34:56.000000+00:00' END FROM n",
            mailbox = "m".repeat(60)
        ),
        format!(
            "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address,
                                        user_agent, ended_at, ended_by, reason, staff_reason)
             {NUMBERS} SELECT 'abcdefghijklm' || n, (SELECT id FROM curfew_users WHERE username = {name}), 'browser',
                              x'00', {AT}, {AT}, {AT}, '2001:db8:1234:5678:9abc:def0:1234:5' || n, '{agent}',
                              NULL, NULL, NULL, NULL FROM n
             UNION ALL SELECT 'abcdefghijkle' || n, (SELECT id FROM curfew_users WHERE username = {name}), 'browser',
                              x'00', {AT}, {AT}, {AT}, '2001:db8:1234:5678:9abc:def0:1234:6' || n, '{agent}',
                              {AT}, {name}, 'forced-out', '{reason}' FROM n"
        ),
        format!(
            "INSERT INTO curfew_events (at, kind, actor, subject_id, subject, reason, staff_reason, user_reason, address,
                                        user_agent, detail)
             {NUMBERS} SELECT {AT}, 'force-logout', {name}, id, username, 'forced-out', '{reason}', '{reason}',
                              '2001:db8:1234:5678:9abc:def0:1234:5' || n, '{agent}', '1 session ended'
             FROM n JOIN curfew_users ON username = {name}"
        ),
    ];
    for statement in rows {
        site.database.execute(&statement).await;
    }
}

fn assert_small(what: &str, page: &Page) {
    page.must_be(200);
    assert!(page.body.len() < MOST_BYTES, "{what}: {} bytes", page.body.len());
}

async fn assert_opens_small(staff: &mut Person<'_>, path: &str) -> Page {
    let page = staff.opens(path).await;
    assert_small(path, &page);
    page
}

#[rocket::async_test]
async fn every_list_stays_small_with_its_most_rows_and_long_values() {
    let site = Site::on(any_engine()[0]).await;
    crowd(&site).await;
    let mut staff = site.signed_in(Role::Superuser).await;
    let id = site.database.number("SELECT MAX(user_id) FROM curfew_logins WHERE reason = 'forced-out'").await;
    for path in ["/admin/users?per_page=100", "/admin/sessions?per_page=100", "/admin/sessions?per_page=100&state=all"]
    {
        let page = assert_opens_small(&mut staff, path).await;
        assert_eq!(page.body.matches("<tr").count(), 101, "{path}");
    }
    for path in ["/admin", "/admin/events", "/admin/users?per_page=50", "/admin/sessions?per_page=50&state=all"] {
        assert_opens_small(&mut staff, path).await;
    }
    assert_opens_small(&mut staff, &format!("/admin/users/{id}")).await;
}

#[rocket::async_test]
async fn the_pages_of_one_user_with_many_logins_and_events_stay_small() {
    let site = Site::on(any_engine()[0]).await;
    crowd(&site).await;
    let mut staff = site.signed_in(Role::Superuser).await;
    let id = site.database.number("SELECT MAX(user_id) FROM curfew_logins WHERE reason = 'forced-out'").await;
    for change in [
        format!("UPDATE curfew_logins SET user_id = {id} WHERE id LIKE 'abcdefg%'"),
        "DELETE FROM curfew_logins WHERE id LIKE 'abcdefghijkle%'".to_owned(),
        format!(
            "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, label, login_date, opened_at, last_seen, expires_at,
                                        address, user_agent)
             {NUMBERS} SELECT 'abcdefghijklt' || n, {id}, 'opaque', CAST(n AS BLOB), '{}', {AT}, {AT}, {AT},
                              '2099-03-01T12:34:56.000000+00:00', '2001:db8:1234:5678:9abc:def0:1234:6' || n, '' FROM n",
            "l".repeat(64)
        ),
    ] {
        site.database.execute(&change).await;
    }
    site.database.execute(&format!("UPDATE curfew_events SET subject_id = {id} WHERE kind = 'force-logout'")).await;
    for path in ["/sessions", "/tokens", ""] {
        assert_opens_small(&mut staff, &format!("/admin/users/{id}{path}")).await;
    }
}

#[rocket::async_test]
async fn the_promises_of_bulk_actions_stay_small() {
    let site = Site::on(any_engine()[0]).await;
    crowd(&site).await;
    let mut staff = site.signed_in(Role::Superuser).await;
    staff.opens("/admin/users").await;
    let token = staff.token.clone();
    for (path, action) in [
        ("/admin/users/bulk", "force-logout"),
        ("/admin/users/bulk", "deactivate"),
        ("/admin/sessions/bulk", "end"),
        ("/admin/sessions/bulk", "force-logout"),
    ] {
        let page = staff.posts_with(&token, path, &[("action", action), ("scope", "matching")]).await;
        assert_small(path, &page);
    }
}
