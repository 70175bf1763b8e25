//! Bulk actions at another time, until a time, and without the acting user's own login.

use chrono::TimeDelta;
use curfew::{
    accounts::{AccountsError, BeginBulk, LoginCounts},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkTerms},
        people::role::Role,
        reason::EndReason,
    },
    store::bulk::records::BulkRecord,
};

use crate::{
    bulk::actions::{begin, begun, ids, many_logged_in, matching, preview, progress},
    house::{House, on_each_engine, operator},
    raw::{count, run, texts},
};

fn on(terms: BulkTerms, choice: BulkChoice) -> BulkChoice {
    BulkChoice { terms, ..choice }
}

/// Runs a bulk action as promised, and returns its record.
async fn acts(house: &House, actor: &curfew::accounts::Actor, begin: BeginBulk) -> BulkRecord {
    let id = begin.id.clone();
    begun(house, actor, begin).await.run().await.expect("the bulk action finishes");
    progress(house, &id).await
}

#[rocket::async_test]
async fn a_past_time_ends_only_the_logins_made_up_to_it() {
    on_each_engine(async |house: &House| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        let (old, other) = (house.log_in(&ana).await, house.log_in(&ben).await);
        house.store.clock().shift(TimeDelta::minutes(10));
        let at = house.now().await;
        house.store.clock().shift(TimeDelta::minutes(10));
        let new = house.log_in(&ana).await;
        let terms = BulkTerms { at: Some(at), ..BulkTerms::default() };
        let choice = on(terms, ids(BulkAction::ForceLogout, &[&ana, &ben]));
        let previewed = preview(&house.accounts, &operator(), &choice).await;
        assert_eq!((previewed.counts.users, previewed.counts.sessions), (2, 2), "the new login is not counted");
        let done = acts(house, &operator(), begin(previewed)).await;
        assert_eq!((done.users_done, done.sessions_ended, done.force_logout_at), (2, 2, Some(at)));
        assert_eq!(house.verdict(&old).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&other).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&new).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn a_future_time_is_scheduled_for_every_user() {
    on_each_engine(async |house: &House| {
        let staff = house.acting(&house.person("vera", Role::Staff).await).await;
        many_logged_in(house, 20).await;
        let ana = house.member("many-ana").await;
        let login = house.log_in(&ana).await;
        let at = house.now().await + TimeDelta::hours(1);
        let terms = BulkTerms { at: Some(at), ..BulkTerms::default() };
        let previewed = preview(&house.accounts, &staff, &on(terms, matching(BulkAction::ForceLogout, "many"))).await;
        let done = acts(house, &staff, begin(previewed)).await;
        assert_eq!((done.users_done, done.sessions_ended), (21, 0));
        let scheduled = "SELECT COUNT(*) FROM curfew_users WHERE force_logout_scheduled IS NOT NULL
                         AND force_logout_scheduled_by = 'vera' AND force_logout_date IS NULL";
        assert_eq!(count(&house.store, scheduled).await, 21);
        let events = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout-scheduled' AND bulk_id IS NOT NULL";
        assert_eq!(count(&house.store, events).await, 21);
        assert_eq!(house.verdict(&login).await, Ok(()));
        house.store.clock().shift(TimeDelta::hours(2));
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
    })
    .await;
}

#[rocket::async_test]
async fn a_deactivation_may_end_by_itself_but_not_in_the_past() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 20).await;
        let until = house.now().await + TimeDelta::hours(1);
        let of = |until| {
            let terms = BulkTerms { until: Some(until), ..BulkTerms::default() };
            on(terms, matching(BulkAction::Deactivate, "many"))
        };
        let past = begin(preview(&house.accounts, &operator(), &of(until - TimeDelta::hours(2))).await);
        let refused = house.accounts.begin_bulk(&operator(), past).await;
        assert!(matches!(refused, Err(AccountsError::UntilIsPast)), "{refused:?}");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_bulk_actions").await, 0);
        let done = acts(house, &operator(), begin(preview(&house.accounts, &operator(), &of(until)).await)).await;
        assert_eq!((done.users_done, done.deactivated_until), (20, Some(until)));
        let temporary = "SELECT COUNT(*) FROM curfew_users WHERE NOT is_active AND deactivated_until IS NOT NULL";
        assert_eq!(count(&house.store, temporary).await, 20);
        let details = texts(&house.store, "SELECT DISTINCT detail FROM curfew_events WHERE kind = 'deactivated'").await;
        assert_eq!(details, [Some(format!("1 session ended; until {}", until.to_rfc3339()))]);
        house.store.clock().shift(TimeDelta::hours(2));
        house.accounts.apply_all_due().await.expect("applied");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_users WHERE NOT is_active").await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn the_acting_user_can_keep_the_login_that_they_act_with() {
    on_each_engine(async |house: &House| {
        let root = house.person("root", Role::Superuser).await;
        let (mine, other) = (house.log_in(&root).await, house.log_in(&root).await);
        let ana = house.member("ana").await;
        let of_ana = house.log_in(&ana).await;
        let actor = root.acting_from(&mine);
        let keep = BulkTerms { keeps_own_login: true, ..BulkTerms::default() };
        let previewed = preview(&house.accounts, &actor, &on(keep, matching(BulkAction::ForceLogout, ""))).await;
        assert_eq!((previewed.counts.users, previewed.counts.sessions), (2, 2));
        let done = acts(house, &actor, begin(previewed)).await;
        assert_eq!((done.users_done, done.sessions_ended), (2, 2));
        assert_eq!(house.verdict(&mine).await, Ok(()));
        assert_eq!(house.verdict(&other).await, Err(EndReason::ForcedOut));
        assert_eq!(house.verdict(&of_ana).await, Err(EndReason::ForcedOut));
        let recorded = "SELECT detail FROM curfew_events WHERE kind = 'force-logout' AND subject = 'root'";
        assert_eq!(texts(&house.store, recorded).await, [Some("1 session ended".to_owned())]);

        // A schedule cannot spare one login of an account.
        let terms = BulkTerms { at: Some(house.now().await + TimeDelta::hours(1)), ..keep };
        let previewed = preview(&house.accounts, &actor, &on(terms, matching(BulkAction::ForceLogout, ""))).await;
        let done = acts(house, &actor, begin(previewed)).await;
        assert_eq!((done.promised_users, done.users_done, done.skipped), (1, 1, 1));
        let recorded = "SELECT detail FROM curfew_events WHERE kind = 'bulk-action' ORDER BY id DESC LIMIT 1";
        let recorded = texts(&house.store, recorded).await;
        assert!(recorded[0].as_ref().is_some_and(|detail| detail.contains("1 user")), "{recorded:?}");
        let scheduled = "SELECT username FROM curfew_users WHERE force_logout_scheduled IS NOT NULL";
        assert_eq!(texts(&house.store, scheduled).await, [Some("ana".to_owned())]);
    })
    .await;
}

#[rocket::async_test]
async fn more_logins_than_are_counted_are_said_to_be_more() {
    on_each_engine(async |house: &House| {
        many_logged_in(house, 20).await;
        let copies = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600)";
        run(
            &house.store,
            &format!(
                "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
                 {copies} SELECT l.id || '-' || n, l.user_id, l.kind, l.secret_hash, l.login_date, l.opened_at, l.last_seen,
                                 l.address, l.user_agent
                 FROM n CROSS JOIN curfew_logins l WHERE l.id LIKE 'of%'"
            ),
        )
        .await;
        let previewed = preview(&house.accounts, &operator(), &matching(BulkAction::ForceLogout, "many")).await;
        let counted = LoginCounts { sessions: previewed.counts.sessions, tokens: previewed.counts.tokens };
        assert!(counted.is_more(), "{counted:?}");
        let done = acts(house, &operator(), begin(previewed)).await;
        assert_eq!(done.sessions_ended, 20 * 601);
    })
    .await;
}
