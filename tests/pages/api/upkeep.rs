//! Background work on tokens: expired ones are ended with an event, and old ones are deleted.

use chrono::TimeDelta;
use curfew::{accounts::Tidied, domain::people::role::Role};

use crate::harness::{
    program::Credential,
    site::{Plan, Site},
    store::engines,
};

const RECORDED: &str = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'token-ended' AND reason = 'expired'";

async fn tidy(site: &Site) -> Tidied {
    site.accounts().tidy_logins().await.expect("the tokens are tidied")
}

#[rocket::async_test]
async fn an_expired_token_records_one_event_whether_or_not_it_is_used() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (used, _unused, _family) =
            (person.program_with_token().await, person.program_with_token().await, person.program_with_jwt().await);
        assert_eq!(tidy(&site).await, Tidied::default(), "live tokens are left alone");
        site.shift_clock(TimeDelta::hours(73));
        used.asks_who_it_is().await.must_be_refused(401, "token_expired");
        assert_eq!(site.database.number(RECORDED).await, 1, "the guard ended one");
        assert_eq!(tidy(&site).await, Tidied { ended: 2, deleted: 0 });
        assert_eq!(tidy(&site).await, Tidied::default());
        used.asks_who_it_is().await.must_be_refused(401, "token_expired");
        assert_eq!(site.database.number(RECORDED).await, 3, "one event each");
    }
}

#[rocket::async_test]
async fn ended_tokens_are_kept_as_long_as_sessions_and_live_ones_are_never_deleted() {
    for engine in engines() {
        let mut plan = Plan::default();
        plan.settings.token_lifetime = std::time::Duration::from_hours(24 * 365);
        let site = plan.on(engine).await;
        let person = site.person(Role::Member).await;
        let (mut ended, live) = (person.program_with_jwt().await, person.program_with_token().await);
        ended.revokes().await.must_be(204);
        site.shift_clock(TimeDelta::days(29));
        assert_eq!(tidy(&site).await, Tidied::default());
        site.shift_clock(TimeDelta::days(2));
        assert_eq!(tidy(&site).await, Tidied { ended: 0, deleted: 1 });
        assert!(live.is_logged_in().await);
        assert_eq!(ended.uses(Credential::Refresh).await.status, 401);
    }
}

#[rocket::async_test]
async fn a_forced_out_token_keeps_its_reason_even_if_it_expires_first() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let program = person.program_with_token().await;
        // A force logout written by SQL, which does not touch the token's row.
        let now = site.accounts().store().clock().process_now().to_rfc3339();
        let sql = format!("UPDATE curfew_users SET force_logout_date = '{now}' WHERE id = {}", person.id);
        site.database.execute(&sql).await;
        site.shift_clock(TimeDelta::hours(73));
        assert_eq!(tidy(&site).await, Tidied { ended: 1, deleted: 0 });
        let reasons = site.database.texts("SELECT reason FROM curfew_logins WHERE kind <> 'browser'").await;
        assert_eq!(reasons, ["forced-out"], "the first cause");
        program.asks_who_it_is().await.must_have_ended("forced-out");
    }
}
