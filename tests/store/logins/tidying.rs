//! Tidying sessions: expired and idle ones are ended, and rows of long-ended ones are deleted.

use chrono::TimeDelta;
use curfew::{
    accounts::{ForceLogoutMoment, StartedSession, Tidied},
    domain::{
        logins::{kind::LoginClass, live::LiveAfter},
        moment::Moment,
        people::role::Role,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::logins::{
        list_sessions,
        upkeep::{delete_ended_logins, lock_logins_past_limits},
    },
};

use crate::{
    house::{House, LONG_AGO, Person, on_each_engine, operator, reasons, run_concurrently},
    raw::{count, dump, run, texts},
};

const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);
/// Past the idle timeout of members, but not past their lifetime.
const LONG_IDLE: TimeDelta = TimeDelta::days(4);
/// More sessions than fit in one batch.
const MANY: i64 = 450;

async fn tidy(house: &House) -> Tidied {
    house.accounts.tidy_logins().await.expect("the sessions are tidied")
}

fn shift(house: &House, by: TimeDelta) {
    house.store.clock().shift(by);
}

/// The user makes a request now.
async fn visits(house: &House, login: &StartedSession) {
    house.record_activity(login, house.now().await);
    house.flush().await;
}

/// The ended sessions, with the reason from the row and from the event.
async fn ended(house: &House) -> Vec<String> {
    let sql = "
        SELECT u.username || ': ' || s.reason || ', event ' || COALESCE(e.subject || ' ' || e.reason, 'nothing')
        FROM curfew_logins s JOIN curfew_users u ON u.id = s.user_id
        LEFT JOIN curfew_events e ON e.session_id = s.id AND e.kind = 'session-ended'
        WHERE s.ended_at IS NOT NULL ORDER BY 1";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

/// Inserts many sessions of one user, made now.
async fn many(house: &House, person: &Person) {
    let login = house.log_in(person).await;
    for n in 1..MANY {
        let sql = format!(
            "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, remember, login_date, opened_at, last_seen, generation,
                                 address, user_agent)
             SELECT id || '-{n}', user_id, kind, secret_hash, remember, login_date, opened_at, last_seen, generation,
                    address, user_agent
             FROM curfew_logins WHERE id = '{}'",
            login.id.as_str()
        );
        run(&house.store, &sql).await;
    }
}

#[rocket::async_test]
async fn expired_and_idle_sessions_end_with_their_reason_and_one_event() {
    on_each_engine(async |house: &House| {
        let people = async |name: &str, role| house.person(name, role).await;
        let ana = house.log_in(&people("ana-old", Role::Member).await).await;
        shift(house, DAY * 12);
        let _ben = house.log_in(&people("ben-idle", Role::Member).await).await;
        visits(house, &ana).await;
        shift(house, DAY * 2 - HOUR * 13);
        let sue = house.log_in(&people("sue-old", Role::Staff).await).await;
        visits(house, &ana).await;
        shift(house, HOUR * 11);
        let _sam = house.log_in(&people("sam-idle", Role::Superuser).await).await;
        let live = [
            house.log_in(&people("eva", Role::Member).await).await,
            house.log_in(&people("fay", Role::Staff).await).await,
        ];
        shift(house, HOUR * 2);
        for login in [&live[0], &live[1], &sue] {
            visits(house, login).await;
        }
        assert_eq!(tidy(house).await, Tidied { ended: 3, deleted: 0 });
        shift(house, DAY + HOUR * 2);
        visits(house, &live[1]).await;
        assert_eq!(tidy(house).await, Tidied { ended: 2, deleted: 0 });
        assert_eq!(
            ended(house).await,
            [
                "ana-old: expired, event ana-old expired",
                "ben-idle: idle, event ben-idle idle",
                "fay: expired, event fay expired",
                "sam-idle: idle, event sam-idle idle",
                "sue-old: expired, event sue-old expired",
            ]
        );
        assert_eq!(house.verdict(&live[0]).await, Ok(()));
        let before = dump(&house.store).await;
        assert_eq!(tidy(house).await, Tidied::default(), "nothing is recorded twice");
        assert_eq!(dump(&house.store).await, before);
    })
    .await;
}

#[rocket::async_test]
async fn a_promotion_applies_the_shorter_limits() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        run(&house.store, "UPDATE curfew_users SET is_staff = TRUE").await;
        shift(house, HOUR + TimeDelta::seconds(30));
        assert_eq!(tidy(house).await, Tidied::default(), "another node may hold activity of the last minute");
        shift(house, TimeDelta::minutes(1));
        assert_eq!(tidy(house).await, Tidied { ended: 1, deleted: 0 });
        assert_eq!(house.verdict(&login).await, Err(EndReason::Idle));
    })
    .await;
}

#[rocket::async_test]
async fn a_session_with_recent_activity_is_not_idle() {
    on_each_engine(async |house: &House| {
        let login = house.log_in(&house.member("ana").await).await;
        shift(house, LONG_IDLE);
        house.record_activity(&login, house.now().await);
        assert_eq!(tidy(house).await, Tidied::default());
        assert_eq!(house.verdict(&login).await, Ok(()));
    })
    .await;
}

#[rocket::async_test]
async fn an_ended_session_keeps_its_reason_and_records_no_second_event() {
    on_each_engine(async |house: &House| {
        let (ana, ben, cleo) = (house.member("ana").await, house.member("ben").await, house.member("cleo").await);
        let everyone = house.log_in(&ana).await;
        house.everyone_out(ForceLogoutMoment::Now).await;
        let (by_hand, gone) = (house.log_in(&ben).await, house.log_in(&cleo).await);
        let sql = format!("UPDATE curfew_users SET force_logout_date = last_login_date WHERE id = {}", ben.id);
        run(&house.store, &sql).await;
        house.accounts.delete_user(&operator(), &cleo.target(), &Reasons::default()).await.expect("a deletion");
        run(&house.store, "UPDATE curfew_logins SET ended_at = NULL, reason = NULL").await;
        let verdicts = [EndReason::EveryoneOut, EndReason::ForcedOut, EndReason::Deleted];
        let events = count(&house.store, "SELECT COUNT(*) FROM curfew_events").await;
        shift(house, LONG_IDLE);
        assert_eq!(tidy(house).await, Tidied { ended: 3, deleted: 0 });
        for (login, reason) in [&everyone, &by_hand, &gone].into_iter().zip(verdicts) {
            assert_eq!(house.verdict(login).await, Err(reason));
        }
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, events);
        let since = "SELECT COUNT(*) FROM curfew_logins WHERE ended_at = (SELECT force_logout_date FROM curfew_site)";
        assert_eq!(count(&house.store, since).await, 1, "ended at the force logout date, not when tidied");
        let shown = house.standing(&everyone).await.user_reason(EndReason::EveryoneOut);
        assert_eq!(shown.as_deref(), reasons().for_user.as_deref());
        assert_eq!(tidy(house).await, Tidied::default());
    })
    .await;
}

/// A force logout before the login is not what ended it.
#[rocket::async_test]
async fn a_session_ended_by_sql_after_a_force_logout_is_dated_when_tidied() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        house.force_out(&ana).await;
        house.store.clock().shift(TimeDelta::days(1));
        let login = house.log_in(&ana).await;
        run(&house.store, "UPDATE curfew_users SET is_active = FALSE").await;
        shift(house, LONG_IDLE);
        assert_eq!(tidy(house).await, Tidied { ended: 1, deleted: 0 });
        let row = "SELECT COUNT(*) FROM curfew_logins WHERE reason = 'deactivated' AND ended_at > opened_at";
        assert_eq!(count(&house.store, row).await, 1, "{login:?}");
    })
    .await;
}

#[rocket::async_test]
async fn ended_sessions_are_kept_for_the_retention_time_and_live_ones_always() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let (out, idle) = (house.log_in(&ana).await, house.log_in(&ana).await);
        house.accounts.log_out(&ana.acting_from(&out)).await.expect("a logout");
        shift(house, LONG_IDLE);
        assert_eq!(tidy(house).await, Tidied { ended: 1, deleted: 0 });
        shift(house, DAY * 26 - TimeDelta::minutes(1));
        let live = house.log_in(&ana).await;
        assert_eq!(tidy(house).await, Tidied::default(), "one minute before the limit");
        shift(house, TimeDelta::minutes(1));
        assert_eq!(tidy(house).await, Tidied { ended: 0, deleted: 1 });
        assert_eq!(house.verdict(&idle).await, Err(EndReason::Idle), "this session ended later");
        assert_eq!(house.verdict(&out).await, Err(EndReason::Expired));
        assert_eq!(house.verdict(&live).await, Ok(()));
        let mut on = house.store.read().await.expect("a connection");
        assert_eq!(list_sessions(&mut on, ana.id, (100, 0)).await.expect("a list").len(), 2);
    })
    .await;
}

#[rocket::async_test]
async fn many_sessions_are_tidied_in_batches() {
    on_each_engine(async |house: &House| {
        many(house, &house.member("ana").await).await;
        shift(house, LONG_IDLE);
        let now = house.now().await;
        let all = LiveAfter { session_opened: now, session_seen: now, ..LONG_AGO };
        let mut tx = house.store.begin().await.expect("a transaction");
        let some = lock_logins_past_limits(&mut tx, &all, &all, 7).await.expect("some");
        assert_eq!(some.len(), 7);
        drop(tx);
        let many = u64::try_from(MANY).expect("a count");
        assert_eq!(tidy(house).await, Tidied { ended: many, deleted: 0 });
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended'").await, MANY);
        shift(house, DAY * 31);
        let mut tx = house.store.begin().await.expect("a transaction");
        assert_eq!(delete_ended_logins(&mut tx, Moment::UNIX_EPOCH, 7).await.expect("none"), 0);
        assert_eq!(delete_ended_logins(&mut tx, now + DAY, 7).await.expect("some"), 7);
        tx.commit().await.expect("a commit");
        assert_eq!(tidy(house).await, Tidied { ended: 0, deleted: many - 7 });
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_logins").await, 0);
    })
    .await;
}

/// The account's date still gives the reason when the session's row is gone.
#[rocket::async_test]
async fn a_user_returning_after_the_purge_learns_why_the_login_ended() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        house.force_out(&ana).await;
        run(&house.store, "DELETE FROM curfew_logins").await;
        assert_eq!(house.verdict(&login).await, Err(EndReason::ForcedOut));
    })
    .await;
}

#[rocket::async_test]
async fn several_nodes_and_the_gate_concurrently_end_each_session_once() {
    on_each_engine(async |house: &House| {
        let ana = house.member("ana").await;
        many(house, &ana).await;
        let seen_by_gate = house.log_in(&ana).await;
        shift(house, LONG_IDLE);
        let many = u64::try_from(MANY).expect("a count") + 1;
        let nodes = || [house.node(), house.node(), house.node()];
        let tidying =
            nodes().map(|node| async move { node.tidy_logins().await.expect("the sessions are tidied").ended });
        let gate = house.accounts.clone();
        let noting = async move {
            let ending =
                gate.record_limit_reached((ana.id, "ana"), (LoginClass::Sessions, &seen_by_gate.id), EndReason::Idle);
            ending.await.expect("the end is recorded");
            0
        };
        let mut acts: Vec<std::pin::Pin<Box<dyn Future<Output = u64> + Send>>> = vec![Box::pin(noting)];
        acts.extend(tidying.map(|act| Box::pin(act) as _));
        let ended: u64 = run_concurrently(acts).await.into_iter().sum();
        assert!(ended == many || ended == many - 1, "{ended}");
        assert_eq!(
            count(&house.store, "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended'").await,
            MANY + 1
        );
        shift(house, DAY * 31);
        let deleting =
            nodes().map(|node| async move { node.tidy_logins().await.expect("the sessions are tidied").deleted });
        assert_eq!(run_concurrently(deleting.into()).await.into_iter().sum::<u64>(), many);
    })
    .await;
}

#[rocket::async_test]
async fn old_standing_changes_are_deleted_and_the_latest_kept() {
    on_each_engine(async |house: &House| {
        let many = "
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 207000)
            INSERT INTO curfew_standing_changes (user_id) SELECT i FROM n";
        run(&house.store, many).await;
        house.accounts.tidy_logins().await.expect("an answer");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_standing_changes").await, 200_000);
        assert_eq!(count(&house.store, "SELECT MIN(user_id) FROM curfew_standing_changes").await, 7_001);
        house.accounts.tidy_logins().await.expect("an answer");
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_standing_changes").await, 200_000);
    })
    .await;
}
