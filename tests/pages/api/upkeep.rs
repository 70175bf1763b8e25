//! What the site does with tokens by itself: those past their end are ended and told, and old ones go.

use chrono::TimeDelta;
use curfew::{accounts::Tidied, domain::people::role::Role};

use crate::harness::{
    program::Credential,
    site::{Plan, Site},
    store::engines,
};

const TOLD: &str = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'token-ended' AND reason = 'expired'";

async fn tidy(site: &Site) -> Tidied {
    site.accounts().tidy_logins().await.expect("the tokens are tidied")
}

#[rocket::async_test]
async fn a_token_past_its_end_is_told_once_whether_or_not_it_is_used() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let (used, _unused, _family) =
            (person.program_with_token().await, person.program_with_token().await, person.program_with_jwt().await);
        assert_eq!(tidy(&site).await, Tidied::default(), "they are live");
        site.shift_clock(TimeDelta::hours(73));
        used.asks_who_it_is().await.must_be_refused(401, "token_expired");
        assert_eq!(site.database.number(TOLD).await, 1, "the guard has seen one");
        assert_eq!(tidy(&site).await, Tidied { ended: 2, deleted: 0 });
        assert_eq!(tidy(&site).await, Tidied::default());
        used.asks_who_it_is().await.must_be_refused(401, "token_expired");
        assert_eq!(site.database.number(TOLD).await, 3, "one event each");
    }
}

#[rocket::async_test]
async fn ended_tokens_are_kept_for_as_long_as_sessions_and_live_ones_for_good() {
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
        assert!(live.is_in().await);
        assert_eq!(ended.uses(Credential::Refresh).await.status, 401);
    }
}

#[rocket::async_test]
async fn who_forced_a_token_out_is_told_though_it_expires_before_that_was_written() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        let program = person.program_with_token().await;
        // As a hand does, which writes into no token.
        let now = site.accounts().store().clock().process_now().to_rfc3339();
        let sql = format!("UPDATE curfew_users SET force_logout_date = '{now}' WHERE id = {}", person.id);
        site.database.execute(&sql).await;
        site.shift_clock(TimeDelta::hours(73));
        assert_eq!(tidy(&site).await, Tidied { ended: 1, deleted: 0 });
        let reasons = site.database.texts("SELECT reason FROM curfew_logins WHERE kind <> 'browser'").await;
        assert_eq!(reasons, ["forced-out"], "what ended it first");
        program.asks_who_it_is().await.must_have_ended("forced-out");
    }
}
